"""What has a state that can be saved and loaded."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Stateful(Protocol):
    """Models, optimizers, schedulers, engines, metrics and handlers that remember something."""

    def state_dict(self) -> Any:
        """The state: tensors, numbers, strings, and containers of them."""
        ...

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Takes a state over."""
        ...
