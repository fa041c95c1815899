"""Bytes are tokens."""

import torch
from project_name.tokens import Tokenizer, TokensConfig


def test_every_byte_has_its_number() -> None:
    """Text comes back to the byte, whatever it is; each token is one byte."""
    tokenizer = Tokenizer.learn([], TokensConfig())
    text = bytes(range(256)) + "é\n".encode()
    tokens = tokenizer.encode(text)
    assert tokens.dtype == torch.int64
    assert Tokenizer.from_info(tokenizer.info).decode(tokens) == text
    assert int(tokenizer.byte_counts[tokens].sum()) == len(text)
    assert len(tokenizer.encode(b"")) == 0
