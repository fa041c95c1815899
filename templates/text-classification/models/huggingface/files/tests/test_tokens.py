"""A tokenizer is loaded by its name, and what cannot be had is told."""

from pathlib import Path

import pytest
import torch
from project_name.tokens import Tokenizer
from small_network import make_encoder


def test_texts_become_tokens_and_texts_again(tmp_path: Path) -> None:
    """Long texts are cut, short ones filled up; what is saved makes the same tokenizer again."""
    tokenizer = Tokenizer(str(make_encoder(tmp_path)))
    tokens = tokenizer.encode(["a b", "", "a b c d e f g h"], 6)
    assert tokens.shape == (3, 6)
    assert tokens.dtype == torch.int64
    assert tokens[1].tolist() == [2, 3, 0, 0, 0, 0]
    again = Tokenizer.from_info(tokenizer.info)
    assert again.decode(tokens[0]) == "a b"
    assert tokenizer.sizes == {"vocabulary_size": 4 + 2 * 94, "padding": 0}


def test_a_name_without_a_network_is_told(tmp_path: Path) -> None:
    """In one sentence, with what to do."""
    with pytest.raises(SystemExit, match=r"^Error: The tokenizer '.*' cannot be loaded: .*\nHint:  Is its name right"):
        Tokenizer(str(tmp_path / "nothing"))
