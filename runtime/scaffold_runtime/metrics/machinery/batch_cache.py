"""What several metrics compute alike from one batch, computed once.

The cache is open exactly as long as one batch's updates: whoever updates several metrics (an engine, a
`MetricGroup`) opens and closes it, so that nothing in it can outlive the batch, and no reused buffer
is mistaken for the batch before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Protocol, TypeVar

import torch

T = TypeVar("T")


class BatchCache:
    """Results by function and identity of its arguments.

    Attributes:
        is_open: whether a batch is being taken; results are kept only then.
        results: for each key the result, and what its identities stand for: an identity means nothing once
            its object is gone.

    Example:
        >>> cache, numbers = BatchCache(), [3, 1, 2]
        >>> cache.is_open = True
        >>> cache(sorted, numbers) is cache(sorted, numbers)
        True
    """

    __slots__ = ("is_open", "results")

    def __init__(self) -> None:
        self.is_open = False
        self.results: dict[tuple[Any, ...], tuple[Any, tuple[Any, ...]]] = {}

    def __call__(self, function: Callable[..., T], *arguments: Any) -> T:
        """`function(*arguments)`, of this batch."""
        if not self.is_open:
            return function(*arguments)
        key = (function, *map(id, arguments))
        found = self.results.get(key)
        if found is None:
            found = self.results[key] = (function(*arguments), arguments)
        return found[0]

    def close(self) -> None:
        """Forgets the batch."""
        self.is_open = False
        self.results.clear()


class Borrower(Protocol):
    """A metric, as the cache knows it."""

    batch_cache: BatchCache | None


class CacheLoan:
    """Metrics that share a cache from `begin` to `end`.

    No context manager: a generator's costs as much as a metric's update, and the compiler enters none that it has not
    seen made.

    Args:
        metrics: who shares.
    """

    __slots__ = ("_cache", "_metrics")

    def __init__(self, metrics: Collection[Borrower]) -> None:
        self._metrics = metrics
        self._cache = BatchCache()

    def begin(self, lent: BatchCache | None = None) -> None:
        """Lends them a cache: that of whoever updates more metrics than these, if there is one."""
        if torch.compiler.is_dynamo_compiling():
            return  # it finds equal computations itself, and would compile anew for each identity of a batch
        cache = lent if lent is not None and lent.is_open else self._cache
        cache.is_open = True
        for metric in self._metrics:
            metric.batch_cache = cache

    def end(self) -> None:
        """Takes it back, and forgets the batch."""
        for metric in self._metrics:
            metric.batch_cache = None
        self._cache.close()
