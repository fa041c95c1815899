"""BLEU: how much of a translation stands in its references."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..machinery.nlp.sentences import Sentence, ngrams, sentence_pairs
from ..metric import Metric, identity

Smoothing = Literal["no_smooth", "smooth1", "nltk_smooth2", "smooth2"]


class Bleu(Metric):
    r"""Geometric mean of the shares of n-grams that stand in a reference, less where a translation is too short.

    $$\text{BLEU} = \min(1, e^{1 - r/c}) \cdot \exp \left( \frac{1}{N} \sum_{n=1}^{N} \log p_n \right)$$

    with the lengths of candidate $c$ and nearest reference $r$, and the precision $p_n$: n-grams of the candidate that
    stand in a reference, at most as often as they do there, by all its n-grams.

    Shapes:
        y_pred: a list of candidates, each a list of tokens.
        y: for each candidate a list of references, each a list of tokens.
        result: float in `[0, 1]`, higher is better.

    Args:
        ngram: the longest n-grams, $N$.
        smooth: what becomes of a precision of 0, which would make BLEU 0. "no_smooth": nothing. "smooth1": 0.1 matches.
            "smooth2": one match and one n-gram more, from n = 2 on. "nltk_smooth2": the same, where a candidate too
            short for an n-gram counts as having one.
        output_transform: as in `Metric`.
        device: as in `Metric`.
        average: "macro": the mean of the sentences' scores. "micro": one score of all sentences' counts.

    Raises:
        ValueError: there are not as many lists of references as candidates, or one is empty; or an argument is
            none of those above.
        TypeError: of a candidate and its references one is a text and another in tokens, or in a tensor.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> bleu = Bleu(ngram=2)
        >>> bleu.update((["the cat sat".split()], [["the cat sat down".split(), "a cat sat".split()]]))
        >>> bleu.compute()
        1.0

    References:
        Papineni et al., BLEU: a method for automatic evaluation of machine translation, 2002.
        Chen and Cherry, A systematic comparison of smoothing techniques for sentence-level BLEU, 2014.
    """

    _sum: float
    _num_sentences: int
    _counts: Tensor

    def __init__(
        self,
        ngram: int = 4,
        smooth: Smoothing = "no_smooth",
        output_transform: Callable[[Any], Any] = identity,
        device: str | torch.device | None = None,
        average: Literal["macro", "micro"] = "macro",
    ) -> None:
        if ngram < 1:
            raise ValueError(f"`ngram` should be at least 1, got {ngram}.")
        if smooth not in ("no_smooth", "smooth1", "nltk_smooth2", "smooth2"):
            raise ValueError(f"`smooth` should be 'no_smooth', 'smooth1', 'nltk_smooth2' or 'smooth2', got {smooth!r}.")
        if average not in ("macro", "micro"):
            raise ValueError(f"`average` should be 'macro' or 'micro', got {average!r}.")
        super().__init__(output_transform, device=device)
        self.ngrams_order = ngram
        self.smooth: Smoothing = smooth
        self.average = average
        self.add_state("_num_sentences", 0, reduce="sum")
        if average == "macro":
            self.add_state("_sum", 0.0, reduce="sum")
        else:
            self.add_state("_counts", torch.zeros(2 * ngram + 2, dtype=torch.int64), reduce="sum")

    def update(self, output: tuple[Sequence[Sentence], Sequence[Sequence[Sentence]]]) -> None:
        """Adds a batch `(y_pred, y)`."""
        counts = [_counts(candidate, references, self.ngrams_order) for candidate, references in sentence_pairs(output)]
        self._num_sentences += len(counts)
        if self.average == "macro":
            self._sum += sum(_score(sentence, self.smooth) for sentence in counts)
        elif counts:
            self._counts.add_(torch.tensor(counts, device=self.device).sum(0))

    def compute(self) -> float:
        """The mean of the scores, or the score of all counts."""
        if self._num_sentences == 0:
            raise NotComputableError("Bleu has seen no sentence. Call `update` before `compute`.")
        if self.average == "macro":
            return self._sum / self._num_sentences
        return _score(cast(list[int], self._counts.tolist()), self.smooth)


def _counts(candidate: Sentence, references: Sequence[Sentence], order: int) -> list[int]:
    """For each n the matches, then for each n all n-grams, then the lengths of the candidate and of a reference."""
    matches: list[int] = []
    for n in range(1, order + 1):
        allowed: Counter[Any] = Counter()
        for reference in references:
            allowed |= ngrams(reference, n)
        matches.append((ngrams(candidate, n) & allowed).total())
    length = len(candidate)
    totals = [max(length - n, 0) for n in range(order)]
    nearest = min((abs(len(reference) - length), len(reference)) for reference in references)
    return [*matches, *totals, length, nearest[1]]


def _score(counts: Sequence[int], smooth: Smoothing) -> float:
    *counted, length, reference_length = counts
    order = len(counted) // 2
    matches, totals = counted[:order], counted[order:]
    # Without a single right token no smoothing makes a translation better than nothing.
    if matches[0] == 0 or (smooth == "no_smooth" and 0 in matches):
        return 0.0
    precisions = _precisions(matches, totals, smooth)
    brevity_penalty = min(1.0, math.exp(1 - reference_length / length))
    return brevity_penalty * math.exp(math.fsum(map(math.log, precisions)) / order)


def _precisions(matches: Sequence[int], totals: Sequence[int], smooth: Smoothing) -> list[float]:
    if smooth in ("no_smooth", "smooth1"):
        return [(match or 0.1) / max(total, 1) for match, total in zip(matches, totals, strict=True)]
    if smooth == "nltk_smooth2":
        totals = [max(total, 1) for total in totals]
    more = [(match + 1) / (total + 1) for match, total in zip(matches[1:], totals[1:], strict=True)]
    return [matches[0] / totals[0], *more]
