"""What metrics written for PyTorch-Ignite expect of their base class, and which a metric written for us does not need.

They say with two decorators which attributes to reduce on `compute`, in `_state_dict_all_req_keys` which to save, and,
old ones, in `_required_output_keys` what they take of a mapping; new metrics declare their states with
`Metric.add_state`. A decorated `compute` marks its attributes, and they travel together with the declared states of all
other metrics. All of it is installed when this module is imported, the decorators in `metrics.metric`, where Ignite
has them.
"""

from collections.abc import Callable
from functools import wraps
from types import NoneType
from typing import Any, TypeVar, cast

from torch import Tensor

from .. import metric as metric_module
from ..metric import Metric
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


def _saved(metric: Any) -> dict[str, Any]:
    return {name: getattr(metric, name) for name in metric._state_dict_all_req_keys}


def _leaves(value: Any) -> list[Any]:
    """What lists and mappings hold, one within another."""
    if type(value) not in (dict, list):  # others are more than what they hold, as a `defaultdict` is
        return [value]
    parts = cast("dict[Any, Any]", value).values() if isinstance(value, dict) else cast("list[Any]", value)
    return [leaf for part in parts for leaf in _leaves(part)]


def _are_numbers(value: Any) -> bool:
    return all(isinstance(leaf, (Tensor, int, float, NoneType)) for leaf in _leaves(value))


def _are_metrics(value: Any) -> bool:
    return all(isinstance(leaf, Metric) for leaf in _leaves(value))


def _states(metric: Any) -> dict[str, State]:
    own = {
        name: State(default=[] if isinstance(value, list) else None, reduce=None)
        for name, value in _saved(metric).items()
        if _are_numbers(value)
    }
    return own | getattr(metric.compute, _MARK, {}) | metric._declared


def _members(metric: Any) -> list[Metric]:
    return [leaf for value in _saved(metric).values() if _are_metrics(value) for leaf in _leaves(value)]


def _state_dict(metric: Any) -> dict[str, Any]:
    for name, value in _saved(metric).items():
        if not (_are_numbers(value) or _are_metrics(value)):
            raise TypeError(
                f"`{name}` of {type(metric).__name__} should be numbers, tensors or metrics, or lists or dicts of one "
                f"of them, to be saved; got {value!r}. Take it out of `_state_dict_all_req_keys`, or change what it is."
            )
    return _STATE_DICT(metric)


def _output_transform(metric: Any) -> Callable[[Any], Any]:
    return metric.output_transform


def _set_output_transform(metric: Any, output_transform: Callable[[Any], Any]) -> None:
    metric.output_transform = output_transform


def _init_subclass(cls: Any, **kwargs: Any) -> None:
    _INIT_SUBCLASS(cls, **kwargs)
    own = cast("dict[str, Any]", vars(cls))
    if "_required_output_keys" in own and "required_output_keys" not in own:
        cls.required_output_keys = own["_required_output_keys"]


_INIT_SUBCLASS: Any = vars(Metric)["__init_subclass__"].__func__
_STATE_DICT: Any = vars(Metric)["state_dict"]


def _install() -> None:
    attributes: dict[str, Any] = {
        "_state_dict_all_req_keys": (),
        "_double_dtype": Metric.double_dtype,
        "_required_output_keys": Metric.required_output_keys,
        "_output_transform": property(_output_transform, _set_output_transform),
        "states": property(_states, doc=Metric.states.__doc__),
        "members": _members,
        "state_dict": wraps(_STATE_DICT)(_state_dict),
        "__init_subclass__": classmethod(_init_subclass),
    }
    for name, attribute in attributes.items():
        setattr(Metric, name, attribute)
    for decorator in (sync_all_reduce, reinit__is_reduced):
        setattr(metric_module, decorator.__name__, decorator)


_install()
