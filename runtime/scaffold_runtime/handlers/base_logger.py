"""What all loggers share: attaching handlers to engines, and collecting the values they write.

Values may lie on a device. They are read when they are written, all at once: one wait for the device,
not one per value.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Number
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.event_source import RemovableEventHandle
from ..engine.events import EventsList

GlobalStep = Callable[[Engine[Any, Any], Any], int]
Whitelist = list[str] | Callable[[str, nn.Parameter], bool] | None


class BaseHandler(ABC):
    """Writes something to a logger."""

    @abstractmethod
    def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
        """Writes, at one occurrence of the event."""


class BaseLogger(ABC):
    """Where values go. Rank 0 writes; attaching to it on other ranks does nothing."""

    def attach(
        self, engine: Engine[Any, Any], log_handler: Callable[..., Any], event_name: Any, *args: Any, **kwargs: Any
    ) -> RemovableEventHandle:
        """Calls `log_handler(engine, logger, event_name, *args, **kwargs)` at each occurrence of the event.

        Args:
            engine: whose event.
            log_handler: what writes.
            event_name: one event or several; the handler is told which.
            *args: for the handler.
            **kwargs: for the handler.
        """
        if idist.get_rank() != 0:
            return RemovableEventHandle(engine, [])
        handles = [
            engine.add_event_handler(event, log_handler, self, event, *args, **kwargs)
            for event in (event_name if isinstance(event_name, EventsList) else [event_name])
        ]
        return handles[0] if len(handles) == 1 else _Together(engine, handles)

    def attach_output_handler(
        self, engine: Engine[Any, Any], event_name: Any, *args: Any, **kwargs: Any
    ) -> RemovableEventHandle:
        """Writes outputs and metrics; arguments are those of the logger's `OutputHandler`."""
        return self.attach(engine, self._create_output_handler(*args, **kwargs), event_name)

    def attach_opt_params_handler(
        self, engine: Engine[Any, Any], event_name: Any, *args: Any, **kwargs: Any
    ) -> RemovableEventHandle:
        """Writes learning rates; arguments are those of the logger's `OptimizerParamsHandler`."""
        return self.attach(engine, self._create_opt_params_handler(*args, **kwargs), event_name)

    @abstractmethod
    def _create_output_handler(self, *args: Any, **kwargs: Any) -> Callable[..., Any]: ...

    @abstractmethod
    def _create_opt_params_handler(self, *args: Any, **kwargs: Any) -> Callable[..., Any]: ...

    def close(self) -> None:  # noqa: B027  # most loggers have nothing to close
        """Writes what is left."""

    def __enter__(self) -> BaseLogger:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class _Together(RemovableEventHandle):
    """Several handles as one."""

    def __init__(self, engine: Engine[Any, Any], handles: list[RemovableEventHandle]) -> None:
        super().__init__(engine, [])
        self._handles = handles

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()


class BaseOutputHandler(BaseHandler):
    """Collects outputs, metrics and attributes of an engine.

    Args:
        tag: what the names begin with.
        metric_names: the metrics; "all" of them.
        output_transform: of the engine's output, to a value or values by name.
        global_step_transform: of (engine, event name); how often the event has happened if not given.
        state_attributes: attributes of the engine's state.

    Raises:
        TypeError: `metric_names` is neither a list nor "all".
        ValueError: nothing is to be collected.
    """

    def __init__(
        self,
        tag: str,
        metric_names: str | list[str] | None = None,
        output_transform: Callable[[Any], Any] | None = None,
        global_step_transform: GlobalStep | None = None,
        state_attributes: list[str] | None = None,
    ) -> None:
        if metric_names is not None and metric_names != "all" and not isinstance(metric_names, list):
            raise TypeError(f"`metric_names` should be a list or 'all', got {metric_names!r}.")
        if metric_names is None and output_transform is None and state_attributes is None:
            raise ValueError("There is nothing to log: give `metric_names`, `output_transform` or `state_attributes`.")
        self.tag = tag
        self.metric_names = metric_names
        self.output_transform = output_transform
        self.global_step_transform: GlobalStep = global_step_transform or _count_of
        self.state_attributes = state_attributes

    def values(self, engine: Engine[Any, Any], *, log_text: bool = False) -> dict[str, Any]:
        """Names and numbers, ready to write: vectors and nested containers become `tag/name/0`, `tag/name/key`."""
        collected: dict[str, Any] = dict(self._metrics(engine))
        if self.output_transform is not None:
            output = self.output_transform(engine.state.output)
            collected |= output if isinstance(output, dict) else {"output": output}
        for name in self.state_attributes or ():
            collected[name] = getattr(engine.state, name, None)
        tagged = {f"{self.tag}/{name}" if self.tag else name: value for name, value in collected.items()}
        return flat_numbers(tagged, log_text=log_text)

    def _metrics(self, engine: Engine[Any, Any]) -> Iterator[tuple[str, Any]]:
        metrics = engine.state.metrics
        for name in metrics if self.metric_names == "all" else self.metric_names or ():
            if name in metrics:
                yield name, metrics[name]
            else:
                there = ", ".join(metrics) or "none"
                warnings.warn(f"There is no metric '{name}' to log; the engine has {there}.", stacklevel=2)


class BaseOptimizerParamsHandler(BaseHandler):
    """Reads a parameter of an optimizer's groups.

    Args:
        optimizer: whose groups.
        param_name: which parameter.
        tag: what the names begin with.

    Raises:
        TypeError: there are no parameter groups.
    """

    def __init__(self, optimizer: Optimizer, param_name: str = "lr", tag: str | None = None) -> None:
        if not hasattr(optimizer, "param_groups"):
            raise TypeError(f"`optimizer` should have parameter groups; got a {type(optimizer).__name__}.")
        self.optimizer = optimizer
        self.param_name = param_name
        self.tag = tag

    def values(self) -> dict[str, Any]:
        """Names and numbers, ready to write: `tag/lr/group_0`."""
        prefix = f"{self.tag}/{self.param_name}" if self.tag else self.param_name
        groups: list[dict[str, Any]] = self.optimizer.param_groups
        return flat_numbers({f"{prefix}/group_{index}": group[self.param_name] for index, group in enumerate(groups)})


class BaseWeightsHandler(BaseHandler):
    """Chooses parameters of a model.

    Args:
        model: whose parameters.
        tag: what the names begin with.
        whitelist: what their names begin with, or a function of (name, parameter); all if not given.
    """

    def __init__(self, model: nn.Module, tag: str | None = None, whitelist: Whitelist = None) -> None:
        self.model = model
        self.tag = tag
        named = model.named_parameters()
        if callable(whitelist):
            self.weights = tuple((name, weight) for name, weight in named if whitelist(name, weight))
        else:
            prefixes = ("",) if whitelist is None else tuple(whitelist)
            self.weights = tuple((name, weight) for name, weight in named if name.startswith(prefixes))

    def name_of(self, kind: str, weight: str) -> str:
        """Under which name something of a weight is written."""
        name = f"{kind}/{weight.replace('.', '/')}"
        return f"{self.tag}/{name}" if self.tag else name


class BaseWeightsScalarHandler(BaseWeightsHandler):
    """Chooses parameters, and a number for each of them.

    Args:
        model: whose parameters.
        reduction: of a tensor, to a number.
        tag: what the names begin with.
        whitelist: what their names begin with, or a function of (name, parameter); all if not given.

    Raises:
        TypeError: the reduction gives something else.
    """

    def __init__(
        self,
        model: nn.Module,
        reduction: Callable[[Tensor], Any] = torch.norm,
        tag: str | None = None,
        whitelist: Whitelist = None,
    ) -> None:
        super().__init__(model, tag, whitelist)
        result = reduction(torch.ones(4, 2))
        if not isinstance(result, Number) and not (isinstance(result, Tensor) and result.ndim == 0):
            raise TypeError(f"`reduction` should give a number for a tensor; it gives a {type(result).__name__}.")
        self.reduction = reduction


def flat_numbers(values: Mapping[str, Any], *, log_text: bool = False) -> dict[str, Any]:
    """All numbers in the values by path, read from their devices together.

    Example:
        >>> flat_numbers({"loss": torch.tensor(0.5), "rates": [1, 2], "per_class": torch.tensor([3.0, 4.0])})
        {'loss': 0.5, 'rates/0': 1, 'rates/1': 2, 'per_class/0': 3.0, 'per_class/1': 4.0}
    """
    flat = dict(_flattened(values, log_text=log_text))
    alike: dict[tuple[Any, Any], list[str]] = defaultdict(list)
    for name, value in flat.items():
        if isinstance(value, Tensor):
            alike[value.device, value.dtype].append(name)
    for names in alike.values():
        stacked: Any = torch.stack([flat[name] for name in names])
        flat.update(zip(names, stacked.tolist(), strict=True))
    return flat


def _flattened(values: Mapping[str, Any], *, log_text: bool) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Tensor) and value.ndim == 0:
            yield name, value.detach()
        elif isinstance(value, Tensor) and value.ndim == 1:
            yield from ((f"{name}/{index}", entry) for index, entry in enumerate(value.detach().unbind()))
        elif isinstance(value, Number) or (isinstance(value, str) and log_text):
            yield name, value
        elif isinstance(value, Mapping):
            nested = {f"{name}/{key}": entry for key, entry in cast("Mapping[Any, Any]", value).items()}
            yield from _flattened(nested, log_text=log_text)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            nested = {f"{name}/{index}": entry for index, entry in enumerate(cast("Sequence[Any]", value))}
            yield from _flattened(nested, log_text=log_text)
        else:
            what = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"type {type(value).__name__}"
            warnings.warn(f"'{name}' is of {what} and cannot be logged as numbers.", stacklevel=2)


def _count_of(engine: Engine[Any, Any], event_name: Any) -> int:
    return engine.state.get_event_attrib_value(event_name)
