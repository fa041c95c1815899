"""What every ROUGE is: what a summary shares with its references, by what it says and by what they say."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Unpack

from ....exceptions import NotComputableError
from ...metric import Metric, MetricOptions, identity
from .sentences import Sentence, sentence_pairs

MultiReference = Literal["average", "best"]


class Overlap(NamedTuple):
    """What a candidate shares with a reference."""

    matches: int
    candidate: int
    reference: int

    @property
    def precision(self) -> float:
        """Share of the candidate."""
        return self.matches / self.candidate if self.candidate else 0.0

    @property
    def recall(self) -> float:
        """Share of the reference."""
        return self.matches / self.reference if self.reference else 0.0


class RougeScore(Metric):
    r"""Base of `RougeN` and `RougeL`: means over candidates of precision, recall and their F-score.

    $$F = \frac{P R}{(1 - \alpha) P + \alpha R}$$

    Shapes:
        y_pred: a list of candidates, each a list of tokens.
        y: for each candidate a list of references, each a list of tokens.
        result: precision, recall and F-score under `<name>-P`, `<name>-R` and `<name>-F`; floats in `[0, 1]`.

    Args:
        multiref: what becomes of several references. "average": one overlap of all their counts. "best": the one
            of the highest recall.
        alpha: weight of precision in the F-score, from 0 (recall alone) to 1 (precision alone).
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: there are not as many lists of references as candidates, or one is empty; or an argument is
            none of those above.
        TypeError: of a candidate and its references one is a text and another in tokens, or in a tensor.
        NotComputableError: `compute` before the first `update`.
    """

    _precision: float
    _recall: float
    _fmeasure: float
    _num_examples: int

    def __init__(
        self,
        multiref: MultiReference = "average",
        alpha: float = 0,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        if multiref not in ("average", "best"):
            raise ValueError(f"`multiref` should be 'average' or 'best', got {multiref!r}.")
        if not 0 <= alpha <= 1:
            raise ValueError(f"`alpha` should lie in [0, 1], got {alpha}.")
        super().__init__(output_transform, **options)
        self._multiref: MultiReference = multiref
        self._alpha = alpha
        self.add_state("_precision", 0.0, reduce="sum")
        self.add_state("_recall", 0.0, reduce="sum")
        self.add_state("_fmeasure", 0.0, reduce="sum")
        self.add_state("_num_examples", 0, reduce="sum")

    @property
    @abstractmethod
    def name(self) -> str:
        """What the values are called."""

    @abstractmethod
    def overlap(self, candidate: Sentence, reference: Sentence) -> Overlap:
        """What the two share."""

    def update(self, output: tuple[Sequence[Sentence], Sequence[Sequence[Sentence]]]) -> None:
        """Adds a batch `(y_pred, y)`."""
        for candidate, references in sentence_pairs(output):
            overlap = self._overlap_with_all(candidate, references)
            precision, recall = overlap.precision, overlap.recall
            self._precision += precision
            self._recall += recall
            if overlap.matches:
                self._fmeasure += precision * recall / ((1 - self._alpha) * precision + self._alpha * recall)
            self._num_examples += 1

    def compute(self) -> dict[str, float]:
        """The means of precision, recall and F-score."""
        if self._num_examples == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sentence. Call `update` before `compute`.")
        sums = {"P": self._precision, "R": self._recall, "F": self._fmeasure}
        return {f"{self.name}-{letter}": total / self._num_examples for letter, total in sums.items()}

    def _overlap_with_all(self, candidate: Sentence, references: Sequence[Sentence]) -> Overlap:
        overlaps = [self.overlap(candidate, reference) for reference in references]
        if self._multiref == "best":
            return max(overlaps, key=lambda overlap: overlap.recall)
        return Overlap(*map(sum, zip(*overlaps, strict=True)))
