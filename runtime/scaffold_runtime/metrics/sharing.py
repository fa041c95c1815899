"""What several metrics compute alike from one batch, computed once.

The memo lives exactly as long as one batch's updates: whoever updates several metrics (an engine, a
`MetricGroup`) lends it to them and takes it back, so that it can neither outlive the batch nor
mistake a reused buffer for the batch before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from .metric import Metric

T = TypeVar("T")


class BatchMemo:
    """Results by function and identity of its arguments.

    Attributes:
        results: for each key the result, and what its identities stand for: an identity means nothing once
            its object is gone.

    Example:
        >>> memo, numbers = BatchMemo(), [3, 1, 2]
        >>> memo(sorted, numbers) is memo(sorted, numbers)
        True
    """

    __slots__ = ("results",)

    def __init__(self) -> None:
        self.results: dict[tuple[Any, ...], tuple[Any, tuple[Any, ...]]] = {}

    def __call__(self, function: Callable[..., T], *arguments: Any) -> T:
        """`function(*arguments)`, of this batch."""
        key = (function, *map(id, arguments))
        found = self.results.get(key)
        if found is None:
            found = self.results[key] = (function(*arguments), arguments)
        return found[0]

    def clear(self) -> None:
        """Forget the batch."""
        self.results.clear()


class Sharing:
    """While `with sharing:` holds, the metrics share what they compute of a batch.

    Args:
        metrics: who shares.
        memo: what they share in, if somebody else has lent one already, who will clear it.
    """

    __slots__ = ("_is_own", "_memo", "_metrics")

    # A class, kept over batches: a generator's `contextmanager` costs as much as a metric's update.
    def __init__(self, metrics: Collection[Metric], memo: BatchMemo | None = None) -> None:
        self._metrics = metrics
        self._is_own = memo is None
        self._memo = BatchMemo() if memo is None else memo

    def __enter__(self) -> None:
        memo = self._memo
        for metric in self._metrics:
            metric.memo = memo

    def __exit__(self, *exception: object) -> None:
        for metric in self._metrics:
            metric.memo = None
        if self._is_own:
            self._memo.clear()
