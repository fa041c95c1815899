"""What several metrics compute alike from one batch: computed once where they are updated together."""

from collections.abc import Callable
from typing import Any, TypeVar

from torch import Tensor

from .attachment import Attached
from .labels import Labels

T = TypeVar("T")


def shared(metric: Attached, function: Callable[..., T], *arguments: Any) -> T:
    """`function(*arguments)`; computed once where `metric` and others are updated together.

    Example:
        >>> from .attachment import BatchCache
        >>> from ..accuracy import Accuracy
        >>> metric, numbers = Accuracy(), [3, 1, 2]
        >>> metric.batch_cache = BatchCache()
        >>> metric.batch_cache.is_open = True
        >>> shared(metric, sorted, numbers) is shared(metric, sorted, numbers)
        True
    """
    cache = metric.batch_cache
    if cache is None or not cache.is_open:
        return function(*arguments)
    key = (function, *map(id, arguments))
    found = cache.results.get(key)
    if found is None:
        # The arguments too: an identity means nothing once its object is gone.
        found = cache.results[key] = (function(*arguments), arguments)
    return found[0]


def hits(labels: Labels) -> Tensor:
    """`labels.correct` as 0 and 1, to be counted by class."""
    if labels.hits is None:
        labels.hits = labels.correct.long()
    return labels.hits
