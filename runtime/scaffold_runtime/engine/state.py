"""What an engine tells its handlers: where it is, and what it has just computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any


class State:
    """The engine's position, its latest batch and output, its metrics, and whatever handlers add.

    Attributes are ordinary: handlers read and set them, and may add their own.

    Attributes:
        iteration: iterations since the start of the run, counted from 1.
        epoch: epochs begun, counted from 1.
        epoch_length: iterations of an epoch.
        max_epochs: epochs of the run, or None where `max_iters` or `terminate` ends it.
        max_iters: iterations of the run, or None.
        batch: what the data gave last.
        output: what the process function returned last.
        metrics: results by name.
        dataloader: the data of the run.
        seed: of a deterministic engine.
        times: seconds of the last epoch (`EPOCH_COMPLETED`) and of the run (`COMPLETED`).
        event_to_attr: for each event, the attribute that counts it.

    Example:
        >>> state = State(iteration=10, best_score=0.5)
        >>> state.iteration, state.best_score, state.metrics
        (10, 0.5, {})
    """

    iteration: int
    epoch: int
    epoch_length: int | None
    max_epochs: int | None
    max_iters: int | None
    batch: Any
    output: Any
    metrics: dict[str, Any]
    dataloader: Any
    seed: int | None
    times: dict[str, float | None]
    event_to_attr: dict[Any, str]

    def __init__(self, **attributes: Any) -> None:
        self.iteration = 0
        self.epoch = 0
        self.epoch_length = None
        self.max_epochs = None
        self.max_iters = None
        self.batch = None
        self.output = None
        self.metrics = {}
        self.dataloader = None
        self.seed = None
        self.times = {"EPOCH_COMPLETED": None, "COMPLETED": None}
        self.event_to_attr = {}
        for name, value in attributes.items():
            setattr(self, name, value)

    def get_event_attrib_value(self, event_name: Any) -> int:
        """How often an event has occurred, as the attribute for it says.

        Raises:
            RuntimeError: no attribute counts it.
        """
        event = getattr(event_name, "event", event_name)  # a filtered event counts as the event
        if event not in self.event_to_attr:
            raise RuntimeError(f"No attribute of the state counts {event!r}; see `register_events(event_to_attr=...)`.")
        return getattr(self, self.event_to_attr[event])

    if TYPE_CHECKING:  # handlers add attributes of their own

        def __setattr__(self, name: str, value: Any) -> None: ...

    def __getattr__(self, name: str) -> Any:
        known = ", ".join(sorted(vars(self)))
        raise AttributeError(f"The engine's state has no attribute '{name}'; it has {known}.")

    def __repr__(self) -> str:
        lines = (f"\t{name}: {_brief(value)}" for name, value in vars(self).items())
        return "State:\n" + "\n".join(lines)


def _brief(value: object) -> str:
    return repr(value) if isinstance(value, (int, float, str, type(None))) else str(type(value))
