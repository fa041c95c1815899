"""A metric computed from the values of others, and arithmetic with metrics, which makes such a one.

Methods of a value are those of the metric as well, as in `Recall(average=False).max()`. They and the operators are
installed on `Metric` when this module is imported: a project that computes nothing from its metrics has none of it.
"""

import operator
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from ..engine.engine import Engine
from .machinery import attachment
from .machinery.attachment import BatchCache, MetricUsage, as_usage
from .metric import Metric, ResultMode


class MetricsLambda(Metric):
    """`f` of the values of metrics and of constants.

    Attaching it attaches what it is computed from, as far as it is needed: those are reset and
    updated, once each, however many metrics are computed from them.

    Args:
        f: gets the values in place of the metrics.
        *args: metrics and constants.
        skip_unrolling: as in `Metric`.
        metrics_result_mode: as in `Metric`.
        **kwargs: metrics and constants by name.

    Attributes:
        leaves: the metrics that it is computed from in the end, each once: those that are updated.

    Example:
        >>> import torch
        >>> from scaffold_runtime.metrics import Precision, Recall
        >>> precision, recall = Precision(average=False), Recall(average=False)
        >>> f1 = (precision * recall * 2 / (precision + recall)).mean()
        >>> f1.update((torch.tensor([1, 0, 1, 1]), torch.tensor([1, 0, 0, 1])))
        >>> round(f1.compute(), 3)
        0.8
        >>> error = 100 * (1 - precision[1])
    """

    def __init__(
        self,
        f: Callable[..., Any],
        *args: Any,
        skip_unrolling: bool = False,
        metrics_result_mode: ResultMode = "both",
        **kwargs: Any,
    ) -> None:
        self.function = f
        self.args = list(args)
        self.kwargs = kwargs
        self._is_updated = False
        self.leaves = leaves_of(self.members())
        self._loan = CacheLoan(self.leaves)
        super().__init__(skip_unrolling=skip_unrolling, metrics_result_mode=metrics_result_mode)

    def members(self) -> Sequence[Metric]:
        """The metrics among the arguments."""
        return [argument for argument in (*self.args, *self.kwargs.values()) if isinstance(argument, Metric)]

    def reset(self) -> None:
        """Resets what it is computed from."""
        for member in self.members():
            member.reset()
        self._is_updated = False

    def update(self, output: Any) -> None:
        """Updates what it is computed from.

        Raises:
            ValueError: an engine does that already.
        """
        if _is_attached_anywhere(self):
            raise ValueError(
                "This metric is attached to an engine, which updates what it is computed from. "
                "Detach it before calling `update`."
            )
        self._loan.begin(self.batch_cache)
        try:
            for leaf in self.leaves:
                leaf.update(output)
        finally:
            self._loan.end()
        self._is_updated = True

    def compute(self) -> Any:
        """`f` of the values."""
        values = [_value(argument) for argument in self.args]
        return self.function(*values, **{name: _value(argument) for name, argument in self.kwargs.items()})

    def attach(self, engine: Engine[Any, Any], name: str, usage: str | MetricUsage | None = None) -> None:
        """Computes it in the runs of `engine`; see `Metric.attach`.

        Raises:
            ValueError: it was updated by hand before, or is attached to this engine with another usage.
        """
        if self._is_updated:
            raise ValueError(
                "What this metric is computed from was already updated by hand. Call `reset` before `attach`."
            )
        usage = as_usage(usage)
        attachment.feed(engine, self.leaves, usage, owner=self)
        attachment.complete(engine, self, usage.COMPLETED, name)

    def iteration_completed(self, engine: Engine[Any, Any]) -> None:
        """Updates what it is computed from, each with what its own `output_transform` makes of the output."""
        for leaf in self.leaves:
            leaf.iteration_completed(engine)


class CacheLoan:
    """Metrics that share a cache from `begin` to `end`.

    No context manager: a generator's costs as much as a metric's update, and the compiler enters none that it has not
    seen made.

    Args:
        metrics: who shares.
    """

    __slots__ = ("_cache", "_metrics")

    def __init__(self, metrics: Collection[Metric]) -> None:
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


def leaves_of(metrics: Iterable[Metric]) -> list[Metric]:
    """What has to be updated for these metrics, each once: what they are computed from, or they themselves."""
    leaves = [metric.leaves if isinstance(metric, MetricsLambda) else [metric] for metric in metrics]
    return list(dict.fromkeys(chain.from_iterable(leaves)))


def _is_attached_anywhere(metric: Metric) -> bool:
    """Whether it writes its value at an event of any engine that is still there."""
    engines = list(attachment.ATTACHED.values())
    return any(entry[0] is metric for events in engines for at_event in events.values() for entry in at_event.completed)


def _value(argument: Any) -> Any:
    value = argument.compute() if isinstance(argument, Metric) else argument
    return value.cpu() if isinstance(value, Tensor) else value


# ------------------------------------------------------------- operators


def _derived(function: Callable[..., Any], *, is_reflected: bool = False) -> Callable[..., MetricsLambda]:
    """A method that applies `function` to the values of a metric and of what else it is given."""

    def derived(self: Metric, *others: Any) -> MetricsLambda:
        return MetricsLambda(function, *((*others, self) if is_reflected else (self, *others)))

    return derived


def _of_value(name: str, value: Any, *args: Any, **kwargs: Any) -> Any:
    """The method or attribute `name` of a value; numbers have those of a tensor too, and give numbers."""
    tensor = value if isinstance(value, Tensor) else torch.as_tensor(value, dtype=torch.float64)
    attribute = getattr(tensor, name)
    result: Any = attribute(*args, **kwargs) if callable(attribute) else attribute
    is_number = isinstance(result, Tensor) and result.ndim == 0 and tensor is not value
    return result.item() if is_number else result


def _forwarded(metric: Metric, name: str) -> Any:
    """A metric of what a method or an attribute of a tensor makes of the metric's value."""
    if name in _ATTRIBUTES:
        return MetricsLambda(partial(_of_value, name), metric)
    if name.startswith("_") or not callable(getattr(Tensor, name, None)):
        raise AttributeError(f"'{type(metric).__name__}' object has no attribute '{name}', and tensors no such method.")
    return partial(MetricsLambda, partial(_of_value, name), metric)


def _install_operators() -> None:
    plain = ("add", "sub", "mul", "truediv", "floordiv", "pow", "mod", "matmul", "neg", "pos", "abs", "getitem")
    methods: dict[str, Any] = {f"__{name}__": _derived(getattr(operator, name)) for name in plain}
    for name in ("add", "sub", "mul", "truediv", "floordiv", "pow", "mod", "matmul"):
        methods[f"__r{name}__"] = _derived(getattr(operator, name), is_reflected=True)
    # `__getitem__` alone would make a metric iterable, without end.
    methods |= {"__iter__": None, "__getattr__": _forwarded}
    for name, method in methods.items():
        setattr(Metric, name, method)


_ATTRIBUTES = ("T", "mT", "real", "imag", "shape", "ndim")
_install_operators()
