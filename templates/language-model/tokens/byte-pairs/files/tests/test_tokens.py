"""Frequent pairs are tokens, and no byte is lost."""

import json

import torch
from project_name.tokens import Tokenizer, TokensConfig

TEXTS = [b"the cat and the dog\n" * 9, b"the other\n" * 9]


def test_frequent_pairs_are_one_token() -> None:
    """As many as asked for, where there are so many; `the` becomes one token, which stands for its bytes."""
    tokenizer = Tokenizer.learn(TEXTS, TokensConfig(vocabulary_size=262))
    assert tokenizer.vocabulary_size == len(tokenizer.byte_counts) == 262
    tokens = tokenizer.encode(b"the cat")
    assert tokens.dtype == torch.int64
    assert len(tokens) < len(b"the cat")
    assert int(tokenizer.byte_counts[tokens].sum()) == len(b"the cat")


def test_text_comes_back() -> None:
    """Also signs that were never seen, and ends of texts; each byte is counted once."""
    tokenizer = Tokenizer.learn(TEXTS, TokensConfig(vocabulary_size=300))
    again = Tokenizer.from_info(json.loads(json.dumps(tokenizer.info)))
    for text in ("  if x:\n\treturn é\n", "\0", "the\0the", "日本"):
        tokens = tokenizer.encode(text.encode())
        assert again.decode(tokens) == text.encode()
        assert int(tokenizer.byte_counts[tokens].sum()) == len(text.encode())
        assert torch.equal(again.encode(text.encode()), tokens)


def test_the_same_texts_give_the_same_pairs() -> None:
    """A resumed run, and every process, has the same tokens."""
    one, other = (Tokenizer.learn(TEXTS, TokensConfig(vocabulary_size=280)).info for _ in range(2))
    assert one == other
