"""What loggers write: values as numbers by name, and the step that they belong to.

Values may lie on a device. They are read when they are written, all at once: one wait for the device,
not one per value.
"""

import warnings
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Number
from typing import Any, cast

import torch
from torch import Tensor

from ..engine.engine import Engine
from ..engine.events import CallableEventWithFilter


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


def global_step_from_engine(
    engine: Engine[Any, Any], custom_event_name: Any = None, fallback_attr: str = "epoch"
) -> Callable[[Any, Any], int]:
    """A `global_step_transform` that tells the step of `engine`, for handlers on another one.

    Args:
        engine: whose step counts, usually the trainer.
        custom_event_name: count this event instead of the one that the handler runs on.
        fallback_attr: the counter for events that nobody counts.

    Example:
        >>> from ..engine.events import Events
        >>> trainer = Engine(lambda engine, batch: None)
        >>> _ = trainer.run([1, 2, 3], max_epochs=2)
        >>> global_step_from_engine(trainer)(None, Events.COMPLETED)
        2
    """
    counted = weakref.proxy(engine)  # whose handlers may hold the one that holds this

    def step(_: Any, event_name: Any) -> int:
        event = event_name if custom_event_name is None else custom_event_name
        state = counted.state
        plain = event.event if isinstance(event, CallableEventWithFilter) else event
        return state.get_event_attrib_value(plain) if plain in state.event_to_attr else getattr(state, fallback_attr)

    return step
