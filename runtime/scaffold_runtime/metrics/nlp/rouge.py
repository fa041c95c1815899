"""ROUGE: what a summary shares with its references, in n-grams and in the longest common subsequence."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import torch

from ..machinery.nlp.alignment import longest_common_subsequence
from ..machinery.nlp.rouge_score import MultiReference, Overlap, RougeScore
from ..machinery.nlp.sentences import Sentence, ngrams
from ..metric import Metric, MetricOptions, identity


class RougeN(RougeScore):
    """Shares of n-grams that stand in the candidate and in its references. See `RougeScore` for the arguments.

    Shapes:
        y_pred: a list of candidates, each a list of tokens.
        y: for each candidate a list of references, each a list of tokens.
        result: `{"Rouge-2-P": ..., "Rouge-2-R": ..., "Rouge-2-F": ...}` where `ngram` is 2; in `[0, 1]`, higher
            is better.

    Args:
        ngram: how many tokens are compared at once.
        multiref: as in `RougeScore`.
        alpha: as in `RougeScore`.
        output_transform, options: as in `Metric`.

    Example:
        >>> rouge = RougeN(ngram=2, multiref="best")
        >>> references = ["the cat is on the mat".split(), "there is a cat on the mat".split()]
        >>> rouge.update((["the cat is not there".split()], [references]))
        >>> rouge.compute()
        {'Rouge-2-P': 0.5, 'Rouge-2-R': 0.4, 'Rouge-2-F': 0.4}

    References:
        Lin, ROUGE: a package for automatic evaluation of summaries, 2004.
    """

    def __init__(
        self,
        ngram: int = 4,
        multiref: MultiReference = "average",
        alpha: float = 0,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        if ngram < 1:
            raise ValueError(f"`ngram` should be at least 1, got {ngram}.")
        self._ngram = ngram
        super().__init__(multiref, alpha, output_transform, **options)

    @property
    def name(self) -> str:
        """What the values are called."""
        return f"Rouge-{self._ngram}"

    def overlap(self, candidate: Sentence, reference: Sentence) -> Overlap:
        """Equal n-grams, each as often as it is in both."""
        ours, theirs = ngrams(candidate, self._ngram), ngrams(reference, self._ngram)
        return Overlap((ours & theirs).total(), ours.total(), theirs.total())


class RougeL(RougeScore):
    """Shares of the longest common subsequence in a candidate and its references. See `RougeScore` for the arguments.

    Shapes:
        y_pred: a list of candidates, each a list of tokens.
        y: for each candidate a list of references, each a list of tokens.
        result: `{"Rouge-L-P": ..., "Rouge-L-R": ..., "Rouge-L-F": ...}`, in `[0, 1]`, higher is better.

    Example:
        >>> rouge = RougeL(multiref="best")
        >>> references = ["the cat is on the mat".split(), "there is a cat on the mat".split()]
        >>> rouge.update((["the cat is not there".split()], [references]))
        >>> rouge.compute()
        {'Rouge-L-P': 0.6, 'Rouge-L-R': 0.5, 'Rouge-L-F': 0.5}

    References:
        Lin, ROUGE: a package for automatic evaluation of summaries, 2004.
    """

    @property
    def name(self) -> str:
        """What the values are called."""
        return "Rouge-L"

    def overlap(self, candidate: Sentence, reference: Sentence) -> Overlap:
        """The longest common subsequence."""
        return Overlap(longest_common_subsequence(candidate, reference), len(candidate), len(reference))


class Rouge(Metric):
    """Several of `RougeN` and `RougeL` at once.

    Shapes:
        y_pred: a list of candidates, each a list of tokens.
        y: for each candidate a list of references, each a list of tokens.
        result: the values of all, by name, in `[0, 1]`; higher is better.

    Args:
        variants: n for `RougeN`, "L" for `RougeL`; `[1, 2, 4, "L"]` unless given.
        multiref: as in `RougeScore`.
        alpha: as in `RougeScore`.
        output_transform: as in `Metric`.
        device: as in `Metric`.

    Raises:
        ValueError: a variant is neither "L" nor a positive number.

    Example:
        >>> rouge = Rouge(variants=[1, "L"])
        >>> rouge.update((["the cat sat".split()], [["the cat lay".split()]]))
        >>> {name: round(value, 2) for name, value in rouge.compute().items() if name.endswith("F")}
        {'Rouge-1-F': 0.67, 'Rouge-L-F': 0.67}

    References:
        Lin, ROUGE: a package for automatic evaluation of summaries, 2004.
    """

    def __init__(
        self,
        variants: Sequence[str | int] | None = None,
        multiref: MultiReference = "average",
        alpha: float = 0,
        output_transform: Callable[[Any], Any] = identity,
        device: str | torch.device | None = None,
    ) -> None:
        self.internal_metrics = [_variant(variant, multiref, alpha, device) for variant in (variants or (1, 2, 4, "L"))]
        super().__init__(output_transform, device=device)

    def members(self) -> Sequence[Metric]:
        """One metric for each variant."""
        return self.internal_metrics

    def reset(self) -> None:
        """Resets each."""
        for metric in self.internal_metrics:
            metric.reset()

    def update(self, output: tuple[Sequence[Sentence], Sequence[Sequence[Sentence]]]) -> None:
        """Adds a batch `(y_pred, y)`."""
        for metric in self.internal_metrics:
            metric.update(output)

    def compute(self) -> dict[str, float]:
        """The values of all."""
        return {name: value for metric in self.internal_metrics for name, value in metric.compute().items()}


def _variant(
    variant: str | int, multiref: MultiReference, alpha: float, device: str | torch.device | None
) -> RougeScore:
    if variant == "L":
        return RougeL(multiref, alpha, device=device)
    if isinstance(variant, int) and variant > 0:
        return RougeN(variant, multiref, alpha, device=device)
    raise ValueError(f"A variant should be 'L' or a positive number, got {variant!r}.")
