"""Sentences in tokens, each beside those that it should have been; and how many sequences of tokens they share."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

from torch import Tensor

from ..outputs import described

Sentence: TypeAlias = Sequence[Hashable]


def sentence_pairs(
    output: tuple[Sequence[Sentence], Sequence[Sequence[Sentence]]],
) -> list[tuple[Sentence, Sequence[Sentence]]]:
    """Each candidate of a batch `(y_pred, y)` with its references.

    Raises:
        ValueError: there are not as many lists of references as candidates, or a candidate has none.
        TypeError: it is no such pair; references are no list; one is a text, where the candidate is in tokens, or the
            other way round; or tokens are in a tensor.
    """
    candidates, references = pair_of_lists(output, "lists of candidates and of their references")
    if len(candidates) != len(references):
        raise ValueError(
            f"Every candidate needs a list of references, got {len(candidates)} candidates and {len(references)} lists."
        )
    pairs = list(zip(candidates, references, strict=True))
    for candidate, own in pairs:
        _check(candidate, own)
    return pairs


def pair_of_lists(output: Any, what: str) -> tuple[Any, Any]:
    """The output, if it is a pair.

    Raises:
        TypeError: it is something else.
    """
    parts: Sequence[Any] = output
    if not isinstance(output, (tuple, list)) or len(parts) != 2:
        raise TypeError(
            f"A batch should be (y_pred, y), {what}, got {described(output)}. An `output_transform` picks them."
        )
    return parts[0], parts[1]


def ngrams(sentence: Sentence, n: int) -> Counter[tuple[Hashable, ...]]:
    """How often each sequence of `n` tokens occurs.

    Example:
        >>> ngrams("the cat and the cat".split(), 2).most_common(1)
        [(('the', 'cat'), 2)]
    """
    return Counter(zip(*(sentence[start:] for start in range(n)), strict=False))


def _check(candidate: Sentence, references: Sequence[Sentence]) -> None:
    if isinstance(references, str):
        raise TypeError(f"Every candidate needs a list of references, got the text {references!r} for {candidate!r}.")
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
        if isinstance(candidate, str) and not isinstance(sentence, str):
            raise TypeError(
                f"A candidate should be in tokens as its references are, got the text {candidate!r}. "
                "Split it in an `output_transform`."
            )
