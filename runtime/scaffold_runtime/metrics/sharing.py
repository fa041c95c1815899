"""What several metrics compute alike from one batch, computed once.

The memo lives exactly as long as one batch's updates: whoever updates several metrics (an engine, a
`MetricGroup`) lends it to them and takes it back, so that it can neither outlive the batch nor
mistake a reused buffer for the batch before.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from .metric import Metric

T = TypeVar("T")


class BatchMemo:
    """Results by function and identity of its arguments.

    Example:
        >>> memo, numbers = BatchMemo(), [3, 1, 2]
        >>> memo(sorted, numbers) is memo(sorted, numbers)
        True
    """

    __slots__ = ("_results",)

    def __init__(self) -> None:
        self._results: dict[tuple[Any, ...], tuple[Any, tuple[Any, ...]]] = {}

    def __call__(self, function: Callable[..., T], *arguments: Any) -> T:
        """`function(*arguments)`, of this batch."""
        key = (function, *map(id, arguments))
        found = self._results.get(key)
        if found is None:
            # The arguments are kept beside the result: an identity means nothing once its object is gone.
            found = self._results[key] = (function(*arguments), arguments)
        return found[0]

    def clear(self) -> None:
        """Forget the batch."""
        self._results.clear()


@contextmanager
def sharing(metrics: Iterable[Metric], memo: BatchMemo | None = None) -> Generator[None]:
    """While this holds, the metrics share what they compute of a batch."""
    lent = memo or BatchMemo()
    borrowers = list(metrics)
    for metric in borrowers:
        metric.memo = lent
    try:
        yield
    finally:
        for metric in borrowers:
            metric.memo = None
        if memo is None:
            lent.clear()
