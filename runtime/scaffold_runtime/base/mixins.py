"""Base classes of handlers that remember something. Nothing here asks for them: having the methods is enough."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any


class Serializable:
    """What has a state, and says which keys it needs to take one over.

    A class names them in `_state_dict_all_req_keys`, all of which have to be there, and in
    `_state_dict_one_of_opt_keys`, groups of which exactly one has to be.

    Example:
        >>> class Counter(Serializable):
        ...     _state_dict_all_req_keys = ("count",)
        >>> Counter().load_state_dict({"counts": 3})
        Traceback (most recent call last):
        ...
        ValueError: The state of a Counter should have 'count'; this one has 'counts'.
    """

    _state_dict_all_req_keys: tuple[str, ...] = ()
    _state_dict_one_of_opt_keys: tuple[Any, ...] = ()

    def state_dict(self) -> dict[str, Any]:
        """What it remembers."""
        raise NotImplementedError(f"A {type(self).__name__} does not say what its state is.")

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Checks the keys; derived classes then take their values.

        Raises:
            TypeError: it is no mapping.
            ValueError: a key is missing, or several of one group are there.
        """
        if not isinstance(state_dict, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"A state should be a mapping, got a {type(state_dict).__name__}.")
        owner, found = type(self).__name__, ", ".join(map(repr, state_dict)) or "nothing"
        groups = self._state_dict_one_of_opt_keys
        if groups and isinstance(groups[0], str):  # a single group
            groups = (groups,)
        for key in self._state_dict_all_req_keys:
            if key not in state_dict:
                raise ValueError(f"The state of a {owner} should have {key!r}; this one has {found}.")
        for group in groups:
            if sum(key in state_dict for key in group) != 1:
                one_of = " or ".join(map(repr, group))
                raise ValueError(f"The state of a {owner} should have one key of {one_of}; this one has {found}.")


class ResettableHandler(ABC):
    """A handler that begins anew when it is reset, for instance by the start of a run."""

    @abstractmethod
    def reset(self) -> None:
        """Forgets what it has seen."""

    @abstractmethod
    def attach(self, engine: Any, *args: Any, **kwargs: Any) -> None:
        """Lets it run at events of `engine`."""
