"""What every metric is: states that batches update, that processes merge, and a value computed from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, cast

import torch
from torch import Tensor

from .. import distributed as idist
from ..engine.engine import Engine
from .machinery import attachment
from .machinery.attachment import Attached, as_usage, is_plain
from .machinery.attachment import EpochWise as EpochWise
from .machinery.attachment import MetricUsage as MetricUsage
from .machinery.outputs import identity as identity
from .machinery.outputs import is_lists, picked, unrolled, wrong_batch
from .machinery.states import Value, on_device
from .machinery.synchronisation import gather, merge_values, merged

T = TypeVar("T")
ResultMode = Literal["flatten", "named", "both"]
_NOTHING = nullcontext()
_MERGES = "_merges_states"


class MetricOptions(TypedDict, total=False):
    """What every metric takes beside its own arguments; `Metric` says what it is."""

    device: str | torch.device | None
    skip_unrolling: bool
    metrics_result_mode: ResultMode


class Metric(Attached, ABC):
    """Base class of metrics.

    A metric declares its states with `add_state`, changes them in `update`, and makes its value of
    them in `compute`. The rest follows from the declarations: `reset`, `state_dict`, and that
    `compute` sees the states of all processes merged, those of all metrics of an engine in one
    exchange. `update` never reads a value from the device.

    Args:
        output_transform: makes what `update` takes of the engine's output; a mapping is read by
            `required_output_keys`.
        device: where states live. None: where the batches are, so that nothing is moved.
        skip_unrolling: do not take lists of tensors or numbers, `([a, b], [c, d])`, apart into one
            update for each pair.
        metrics_result_mode: how a mapping is written to `engine.state.metrics`: "flatten" (its own
            keys), "named" (whole, under the metric's name), or "both".

    Raises:
        TypeError: `output_transform` is not callable.
        ValueError: `metrics_result_mode` is none of the three.

    Example:
        >>> class Largest(Metric):
        ...     required_output_keys = None
        ...     def __init__(self) -> None:
        ...         super().__init__()
        ...         self.add_state("largest", torch.tensor(float("-inf")), reduce="max")
        ...     def update(self, output: Tensor) -> None:
        ...         self.largest = torch.maximum(self.largest, output.max())
        ...     def compute(self) -> float:
        ...         return self.largest.item()
        >>> largest = Largest()
        >>> largest.update(torch.tensor([1.0, 3.0, 2.0]))
        >>> largest.compute()
        3.0
    """

    required_output_keys: tuple[str, ...] | None = ("y_pred", "y")
    """Where a mapping is the output: the entries that `update` takes, in order."""

    if TYPE_CHECKING:  # arithmetic with metrics: installed by `metrics_lambda`, for those who have it

        def _derived(self, *others: Any) -> Metric: ...

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _derived
        __floordiv__ = __pow__ = __rpow__ = __mod__ = __neg__ = __getitem__ = mean = sum = item = _derived

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # One that comes from a class beside `Metric` too; but one that is still to come would hide that of a sibling.
        is_new = "compute" in vars(cls) or not hasattr(cls.compute, _MERGES)
        if is_new and not getattr(cls.compute, "__isabstractmethod__", False):
            cls.compute = _merging(cls.compute)
        cls.takes_output = cls.iteration_completed is Metric.iteration_completed

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        device: str | torch.device | None = None,
        skip_unrolling: bool = False,
        metrics_result_mode: ResultMode = "both",
    ) -> None:
        if not callable(output_transform):
            raise TypeError(f"`output_transform` should be callable, got {output_transform!r}.")
        if metrics_result_mode not in ("flatten", "named", "both"):
            raise ValueError(
                f"`metrics_result_mode` should be 'flatten', 'named' or 'both', got {metrics_result_mode!r}."
            )
        super().__init__(device)
        self.output_transform = output_transform
        self._skip_unrolling = skip_unrolling
        self._metrics_result_mode = metrics_result_mode
        self.reset()

    # ------------------------------------------------------------- what a metric is

    @abstractmethod
    def update(self, output: Any) -> None:
        """Takes one batch."""

    @abstractmethod
    def compute(self) -> Any:
        """The value of all batches of all processes; where there are several, every process must ask."""

    # ------------------------------------------------------------- what `update` builds on

    @property
    def double_dtype(self) -> torch.dtype:
        """The widest float of the device: double precision, but single on MPS."""
        return torch.float32 if self._device.type == "mps" else torch.float64

    def take(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The batch's tensors, without their graph, on the device of the states."""
        if tensors[0].device != self._device:
            if self._follows_batches:
                self._move(tensors[0].device)
            tensors = tuple(tensor.to(self._device) for tensor in tensors)
        return tuple(tensor.detach() for tensor in tensors) if torch.is_grad_enabled() else tensors

    def take_pair(self, output: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """`(y_pred, y)`, without their graph, on the device of the states.

        Raises:
            TypeError: the output is something else.
        """
        try:  # costs nothing where nothing is wrong, and every batch comes by here
            y_pred, y = output
            is_elsewhere = y_pred.device != self._device
        except (AttributeError, TypeError, ValueError) as error:
            raise wrong_batch(output, "y_pred", "y") from error
        if is_elsewhere or torch.is_grad_enabled():
            if not (isinstance(y_pred, Tensor) and isinstance(y, Tensor)):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise wrong_batch(output, "y_pred", "y")  # of NumPy, whose arrays have a device too
            y_pred, y = self.take(y_pred, y)
        return y_pred, y

    # ------------------------------------------------------------- with an engine

    def started(self, engine: Engine[Any, Any]) -> None:
        """Called at the usage's `STARTED`."""
        self.reset()

    def iteration_completed(self, engine: Engine[Any, Any]) -> None:
        """Called at the usage's `ITERATION_COMPLETED`; updates with the engine's output."""
        output = self.output_transform(engine.state.output)
        with torch.no_grad() if torch.is_grad_enabled() else _NOTHING:
            if is_plain(output):
                self.update(output)
            else:
                for part in self._parts(output):
                    self.update(part)

    def _parts(self, output: Any) -> Iterable[Any]:
        """What an output that is no pair of batches holds of them."""
        if isinstance(output, Mapping):
            output = picked(cast(Mapping[str, Any], output), self.required_output_keys, type(self).__name__)
        return unrolled(output) if not self._skip_unrolling and is_lists(output) else [output]

    def completed(self, engine: Engine[Any, Any], name: str) -> None:
        """Called at the usage's `COMPLETED`; writes the value to `engine.state.metrics`."""
        values, computed = engine.state.metrics, self.compute()
        if not isinstance(computed, Mapping):
            values[name] = _on_host(computed)
            return
        result = cast(Mapping[str, Any], computed)
        if self._metrics_result_mode != "flatten":
            if name in result:
                raise ValueError(
                    f"The metric's name '{name}' is also a key of its result, {list(result)}. "
                    "Attach it under another name."
                )
            values[name] = result
        if self._metrics_result_mode != "named":
            values.update(result)

    def attach(self, engine: Engine[Any, Any], name: str, usage: str | MetricUsage | None = None) -> None:
        """Computes this metric in the runs of `engine`, into `engine.state.metrics[name]`.

        Args:
            engine: whose output is measured.
            name: of the value.
            usage: over what it is computed, as an object or by its name; over each epoch unless given.

        Raises:
            ValueError: it is reset or updated at other events of this engine already.
        """
        usage = as_usage(usage)
        attachment.feed(engine, [self], usage, owner=self)
        attachment.complete(engine, self, usage.COMPLETED, name)

    def detach(self, engine: Engine[Any, Any], usage: str | MetricUsage | None = None) -> None:
        """Undoes `attach`."""
        attachment.release(engine, self, {as_usage(usage).COMPLETED})

    def is_attached(self, engine: Engine[Any, Any], usage: str | MetricUsage | None = None) -> bool:
        """Whether this metric is computed in the runs of `engine`."""
        return attachment.is_completed(engine, self, as_usage(usage).COMPLETED)

    # ------------------------------------------------------------- states

    def state_dict(self) -> dict[str, Any]:
        """The states of every process; a collective where there are several."""
        ranks = gather([self])[0]
        return {"ranks": ranks, "members": [member.state_dict() for member in self.members()]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes up saved states.

        Each process takes its own. If the number of processes has changed, rank 0 takes all of them,
        merged, and the others start anew: together they are what was saved.

        Raises:
            ValueError: the states are those of another metric.
        """
        if not {"ranks", "members"} <= set(state_dict):
            raise ValueError(f"The state of a metric has the keys 'ranks' and 'members', got {list(state_dict)}.")
        ranks: list[dict[str, Any]] = state_dict["ranks"]
        members: list[dict[str, Any]] = state_dict["members"]
        if set(ranks[0]) != set(self.states) or len(members) != len(self.members()):
            raise ValueError(
                f"{type(self).__name__} has the states {sorted(self.states)} and {len(self.members())} members, "
                f"got {sorted(ranks[0])} and {len(members)}. Load what the same metric saved."
            )
        for name, value in self._own_share(ranks).items():
            setattr(self, name, on_device(value, self._device, copy=True))
        for member, saved in zip(self.members(), members, strict=True):
            member.load_state_dict(saved)

    def _own_share(self, ranks: list[dict[str, Any]]) -> dict[str, Value]:
        rank = idist.get_rank()
        if len(ranks) == idist.get_world_size():
            return ranks[rank]
        whole = merge_values(self.states, ranks, own_rank=0)
        if rank == 0:
            return whole
        self.reset()
        # A mean of processes stays what it is when each of them has it.
        return {name: whole[name] for name, state in self.states.items() if state.reduce in ("mean", "min", "max")}


def _merging(compute: Callable[..., T]) -> Callable[..., T]:
    """`compute`, seeing the states of all processes."""

    @wraps(compute)
    def merging(self: Metric, *args: Any, **kwargs: Any) -> T:
        with merged([self]):
            return compute(self, *args, **kwargs)

    setattr(merging, _MERGES, True)
    return merging


def _on_host(result: Any) -> Any:
    if not isinstance(result, Tensor):
        return result
    return result.item() if result.ndim == 0 else result.cpu()
