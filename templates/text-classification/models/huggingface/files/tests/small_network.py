"""An encoder and a tokenizer that are small enough for tests, made here in the format of Hugging Face."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def make_encoder(folder: Path, max_length: int = 32) -> Path:
    """A folder with a BERT of random weights whose tokens are characters."""
    path = folder / "encoder"
    if path.exists():
        return path
    characters = [chr(code) for code in range(33, 127)]
    words = [*SPECIAL, *characters, *(f"##{character}" for character in characters)]
    tokenizer = Tokenizer(models.WordPiece({word: index for index, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    named = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named).save_pretrained(path)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        max_position_embeddings=max_length,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    BertForSequenceClassification(config).save_pretrained(path)
    return path


def network_flags(folder: Path) -> list[str]:
    """Flags of a run with the small network; the folder is for what it needs."""
    return ["--model.name", str(make_encoder(folder)), "--data.tokenizer", str(make_encoder(folder))]


def tokens_settings(folder: Path) -> dict[str, Any]:
    """Fields of `TokensConfig` that go with the small network."""
    return {"tokenizer": str(make_encoder(folder)), "max_length": 32}
