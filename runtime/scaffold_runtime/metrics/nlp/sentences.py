"""Sentences in tokens, each beside those that it should have been; and how many sequences of tokens they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import TypeAlias

from torch import Tensor

Sentence: TypeAlias = Sequence[Hashable]


def sentence_pairs(
    output: tuple[Sequence[Sentence], Sequence[Sequence[Sentence]]],
) -> Iterator[tuple[Sentence, Sequence[Sentence]]]:
    """Each candidate of a batch `(y_pred, y)` with its references.

    Raises:
        ValueError: there are not as many lists of references as candidates, or a candidate has none.
        TypeError: a reference is a text, where the candidate is in tokens; or tokens are in a tensor.
    """
    candidates, references = output
    if len(candidates) != len(references):
        raise ValueError(
            f"Every candidate needs a list of references, got {len(candidates)} candidates and {len(references)} lists."
        )
    for candidate, own in zip(candidates, references, strict=True):
        _check(candidate, own)
        yield candidate, own


def ngrams(sentence: Sentence, n: int) -> Counter[tuple[Hashable, ...]]:
    """How often each sequence of `n` tokens occurs.

    Example:
        >>> ngrams("the cat and the cat".split(), 2).most_common(1)
        [(('the', 'cat'), 2)]
    """
    return Counter(zip(*(sentence[start:] for start in range(n)), strict=False))


def _check(candidate: Sentence, references: Sequence[Sentence]) -> None:
    if len(references) == 0:
        raise ValueError(f"Every candidate needs a reference, got none for {candidate!r}.")
    for sentence in (candidate, *references):
        if isinstance(sentence, Tensor):
            raise TypeError(
                f"A sentence should be a sequence of tokens, got a tensor of shape {tuple(sentence.shape)}. "
                "Make it a list with `tolist()` in an `output_transform`."
            )
        if isinstance(sentence, str) and not isinstance(candidate, str):
            raise TypeError(
                f"A reference should be in tokens as the candidate is, got the text {sentence!r}. "
                "`y` holds a list of references for each candidate, and each of them is a list of tokens."
            )
