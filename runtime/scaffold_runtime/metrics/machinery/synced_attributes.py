"""Metrics written for PyTorch-Ignite say which attributes to reduce on `compute`: those two decorators.

New metrics declare their states with `Metric.add_state` instead. A decorated `compute` marks its
attributes, and they travel together with the declared states of all other metrics. The decorators are importable
from `metrics.metric`, as in Ignite, wherever this module has been imported.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from .. import metric
from .states import Reduction, State

CallableT = TypeVar("CallableT", bound=Callable[..., Any])

_REDUCTIONS: dict[str, Reduction] = {"SUM": "sum", "MIN": "min", "MAX": "max", "PRODUCT": "prod"}
_MARK = "synced_attributes"


def sync_all_reduce(*attrs: str) -> Callable[[CallableT], CallableT]:
    """Marks the attributes that the decorated `compute` wants reduced over processes.

    Args:
        attrs: names, each with an optional operation: `"_count"`, `"_best:MAX"`, `"_worst:MIN"`, `"_p:PRODUCT"`.

    Raises:
        ValueError: the operation is unknown.
    """
    states = dict(_declared(attr) for attr in attrs)

    def mark(function: CallableT) -> CallableT:
        setattr(function, _MARK, states)
        return function

    return mark


def reinit__is_reduced(func: CallableT) -> CallableT:
    """Forgets the cached `_result` of a metric whose `reset` or `update` it decorates."""

    @wraps(func)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = func(self, *args, **kwargs)
        if "_result" in vars(self):
            self._result = None
        return result

    return cast(CallableT, wrapper)


def _declared(attr: str) -> tuple[str, State]:
    name, _, operation = attr.partition(":")
    if (operation or "SUM") not in _REDUCTIONS:
        raise ValueError(f"Attribute '{name}' should be reduced by one of {', '.join(_REDUCTIONS)}, got '{operation}'.")
    # Neither type nor shape is known before the first batch: hence no default.
    return name, State(default=None, reduce=_REDUCTIONS[operation or "SUM"])


# Whoever has them finds them where Ignite has them.
for decorator in (sync_all_reduce, reinit__is_reduced):
    setattr(metric, decorator.__name__, decorator)
