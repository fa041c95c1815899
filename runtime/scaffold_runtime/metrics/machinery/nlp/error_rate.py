"""What error rates of transcripts have in common: edits that mend a text by the length of the true text."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Unpack, cast

from ....exceptions import NotComputableError
from ...metric import Metric, MetricOptions, identity
from .alignment import edit_distance
from .sentences import pair_of_lists


class ErrorRate(Metric):
    """Base of error rates: a subclass says in which units texts are compared.

    Args:
        output_transform, options: as in `Metric`.
    """

    _num_errors: int
    _num_refs: int
    _num_examples: int

    def __init__(self, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]) -> None:
        super().__init__(output_transform, **options)
        self.add_state("_num_errors", 0, reduce="sum")
        self.add_state("_num_refs", 0, reduce="sum")
        self.add_state("_num_examples", 0, reduce="sum")

    @staticmethod
    @abstractmethod
    def units(text: str) -> Sequence[str]:
        """What of a text is compared."""

    def update(self, output: tuple[str | Sequence[str], str | Sequence[str]]) -> None:
        """Adds a batch `(y_pred, y)` of texts, or a pair of texts.

        Raises:
            TypeError: it is no pair, or something is no text.
            ValueError: there are not as many predicted as true texts.
        """
        y_pred, y = map(_texts, pair_of_lists(output, "texts or lists of texts"))
        if len(y_pred) != len(y):
            raise ValueError(f"`y_pred` and `y` should have as many texts, got {len(y_pred)} and {len(y)}.")
        for prediction, target in zip(y_pred, y, strict=True):
            true_units = self.units(target)
            self._num_errors += edit_distance(self.units(prediction), true_units)
            self._num_refs += len(true_units)
        self._num_examples += len(y)

    def compute(self) -> float:
        """Edits by units of the true texts."""
        if self._num_examples == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no text. Call `update` before `compute`.")
        if self._num_refs == 0:
            return float(self._num_errors > 0)
        return self._num_errors / self._num_refs


def _texts(part: Any) -> Sequence[str]:
    if isinstance(part, str):
        return [part]
    if isinstance(part, (list, tuple)):
        texts = cast(Sequence[Any], part)
        other = next((text for text in texts if not isinstance(text, str)), None)
        if other is None:
            return texts
        raise TypeError(f"`y_pred` and `y` should be lists of str, got one with a {type(other).__name__}.")
    raise TypeError(f"`y_pred` and `y` should be str or lists of str, got {type(part).__name__}.")
