"""What loggers of curves share: handlers that choose what to write, attached to events of engines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Number
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.event_source import RemovableEventHandle
from ..engine.events import EventsList
from .engine_values import LoggedValues
from .logged_values import flat_numbers

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

        Raises:
            RuntimeError: the engine does not fire such an event.
        """
        if idist.get_rank() != 0:
            return RemovableEventHandle(event_name, log_handler, engine, [])
        events: Any = event_name if isinstance(event_name, EventsList) else [event_name]
        for event in events:
            if not engine.has_registered_events(getattr(event, "event", event)):
                raise RuntimeError(f"There is no event {event!r} on this engine: it has to be registered first.")
        handles = [engine.add_event_handler(event, log_handler, self, event, *args, **kwargs) for event in events]
        added = [entry for handle in handles for entry in handle.added.items()]
        return RemovableEventHandle(event_name, log_handler, engine, added)

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


class BaseOutputHandler(LoggedValues, BaseHandler):
    """Collects outputs, metrics and attributes of an engine.

    Args:
        tag: what the names begin with.
        metric_names: the metrics; "all" of them.
        output_transform: of the engine's output, to a value or values by name.
        global_step_transform: of (engine, event name); how often the event has happened if not given.
        state_attributes: attributes of the engine's state.

    Raises:
        TypeError: `metric_names` is neither a list nor "all", or a transform is no function.
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
        super().__init__(tag, metric_names, output_transform, state_attributes)
        if metric_names is None and output_transform is None and state_attributes is None:
            raise ValueError("There is nothing to log: give `metric_names`, `output_transform` or `state_attributes`.")
        if global_step_transform is not None and not callable(global_step_transform):
            raise TypeError(f"`global_step_transform` should be a function, got {global_step_transform!r}.")
        self.global_step_transform: GlobalStep = global_step_transform or _count_of

    def _setup_output_metrics_state_attrs(
        self, engine: Engine[Any, Any], log_text: bool = False, key_tuple: bool = True
    ) -> dict[Any, Any]:
        """`values`, under the name by which loggers that were written for PyTorch-Ignite ask for them."""
        values = self.values(engine, log_text=log_text)
        return {tuple(name.split("/")): value for name, value in values.items()} if key_tuple else values


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
        is_one = isinstance(optimizer, Optimizer)  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
        if not is_one and not hasattr(optimizer, "param_groups"):  # a mock of an optimizer has none
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

    Raises:
        TypeError: it is no model.
    """

    def __init__(self, model: nn.Module, tag: str | None = None, whitelist: Whitelist = None) -> None:
        if not isinstance(model, nn.Module):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`model` should be a module of torch, got a {type(model).__name__}.")
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


def _count_of(engine: Engine[Any, Any], event_name: Any) -> int:
    return engine.state.get_event_attrib_value(event_name)
