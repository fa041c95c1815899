"""An encoder is loaded by its name, and what does not fit is told."""

from pathlib import Path

import pytest
import torch
from project_name.model import ModelConfig, build_model
from small_network import make_encoder

SIZES = {"vocabulary_size": 192, "max_length": 8, "num_classes": 5, "padding": 0}


def test_scores_have_a_column_per_class(tmp_path: Path) -> None:
    """Whatever the saved network told apart; the rest of its weights are those that were saved."""
    name = str(make_encoder(tmp_path))
    network, fresh = (build_model(ModelConfig(name, pretrained=pretrained), **SIZES) for pretrained in (True, False))
    assert network(torch.ones(2, 8, dtype=torch.long)).shape == (2, 5)
    again = build_model(ModelConfig(name), **SIZES)
    weight = "network.bert.embeddings.word_embeddings.weight"
    assert torch.equal(network.get_parameter(weight), again.get_parameter(weight))
    assert not torch.equal(network.get_parameter(weight), fresh.get_parameter(weight))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"vocabulary_size": 500}, r"knows 192 tokens, and the tokenizer has 500\.\nHint:  Give --data\.tokenizer"),
        ({"max_length": 64}, r"reads 32 tokens, and texts have 64\.\nHint:  --data\.max-length 32"),
    ],
)
def test_what_does_not_fit_is_told(change: dict[str, int], sentence: str, tmp_path: Path) -> None:
    """A vocabulary of another tokenizer, and texts that are too long."""
    with pytest.raises(SystemExit, match=sentence):
        build_model(ModelConfig(str(make_encoder(tmp_path))), **(SIZES | change))


def test_a_name_without_a_network_is_told(tmp_path: Path) -> None:
    """In one sentence, with what to do."""
    with pytest.raises(SystemExit, match=r"^Error: The encoder '.*' cannot be loaded: .*\nHint:  Is its name right"):
        build_model(ModelConfig(str(tmp_path / "nothing")), **SIZES)
