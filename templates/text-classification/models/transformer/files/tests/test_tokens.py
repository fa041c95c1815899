"""Texts become numbers, and words again."""

import torch
from project_name.tokens import PADDING, UNKNOWN, Tokenizer, TokensConfig, words_of

TEXTS = ["The tensor, the shape.", "A tensor of shape 12"]


def test_frequent_words_are_told_apart() -> None:
    """The most frequent words have numbers; a word that was seen once is unknown, as one that never was."""
    tokenizer = Tokenizer.learn(TEXTS, TokensConfig(vocabulary_size=2))
    assert tokenizer.info == {"vocabulary": ["the", "tensor"]}
    assert tokenizer.sizes == {"vocabulary_size": 4, "padding": PADDING}
    assert tokenizer.encode(["Tensor the zebra of"], 6).tolist() == [[3, 2, UNKNOWN, UNKNOWN, PADDING, PADDING]]


def test_long_texts_are_cut_and_short_ones_filled_up() -> None:
    """Each text has the same number of tokens, also one without words."""
    tokens = Tokenizer.learn(TEXTS, TokensConfig()).encode([*TEXTS, ""], 3)
    assert tokens.shape == (3, 3)
    assert tokens.dtype == torch.int64
    assert tokens[2].tolist() == [PADDING] * 3


def test_what_is_saved_makes_the_same_tokenizer() -> None:
    """The numbers of a trained network mean what they meant; unknown words are shown as such."""
    tokenizer = Tokenizer.learn(TEXTS, TokensConfig())
    tokens = tokenizer.encode(TEXTS, 8)
    again = Tokenizer.from_info(tokenizer.info)
    assert torch.equal(again.encode(TEXTS, 8), tokens)
    assert again.decode(tokens[0]) == "the tensor ? the shape ?"


def test_names_are_taken_apart() -> None:
    """At underscores and capitals; letters of other alphabets are letters."""
    assert words_of("MyHTTPServer.do_it(x2)") == ["my", "http", "server", ".", "do", "_", "it", "(", "x", "2", ")"]
    assert words_of("Größe ÉTÉ 日本") == ["größe", "été", "日本"]
