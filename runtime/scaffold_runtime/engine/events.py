"""Events of an engine, the filters that say at which of their occurrences a handler runs, and the state they count by.

An event is an enum member: its identity is the member, never its name, so two enums may use the
same word. A filter is data (`every`, `once`, `before`, `after`) wherever it can be, because data can
tell when it holds next, and the engine then skips the occurrences between without asking.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from numbers import Integral
from typing import TYPE_CHECKING, Any, TypeAlias

NEVER = 1 << 62
"""A count that no run reaches."""


@dataclass(frozen=True)
class EventFilter:
    """The occurrences of an event, counted from 1, at which something happens.

    Args:
        every: each `every`-th occurrence; counted from `after` where bounds are given.
        once: exactly these occurrences.
        before: occurrences below this one.
        after: occurrences above this one.
        predicate: `predicate(engine, count)` decides; it is asked at every occurrence.

    Example:
        >>> EventFilter(every=10).next_from(11)
        20
        >>> EventFilter(once=(3,)).next_from(4) == NEVER
        True
    """

    every: int | None = None
    once: tuple[int, ...] | None = None
    before: int | None = None
    after: int | None = None
    predicate: Callable[[Any, int], bool] | None = None

    def next_from(self, count: int) -> int:
        """The first occurrence at or after `count` that is allowed, or may be; `NEVER` if there is none."""
        if self.predicate is not None:
            return count  # it may say yes at any
        if self.once is not None:
            return min((once for once in self.once if once >= count), default=NEVER)
        step = self.every or 1
        first = (self.after or 0) + 1 if self._is_bounded else 0  # 0: before the first, where that is counted
        candidate = first if count <= first else first + -(-(count - first) // step) * step
        return candidate if self.before is None or candidate < self.before else NEVER

    def __call__(self, engine: Any, count: int) -> bool:
        """Whether occurrence `count` is one of them."""
        return self.next_from(count) == count if self.predicate is None else bool(self.predicate(engine, count))

    @property
    def _is_bounded(self) -> bool:
        return self.before is not None or self.after is not None


@dataclass(frozen=True, eq=False)
class CallableEventWithFilter:
    """An event together with the occurrences that are meant: what `Events.X(every=3)` gives.

    It equals its event, for handlers that are told at which event they run; mappings keep the two apart.
    """

    event: EventEnum
    filter: EventFilter

    def __eq__(self, other: object) -> bool:
        return self.event is other or (isinstance(other, CallableEventWithFilter) and hash(self) == hash(other))

    def __hash__(self) -> int:
        return hash((self.event, self.filter))

    def __or__(self, other: AnyEvent) -> EventsList:
        """Either of the two."""
        return EventsList() | self | other

    @property
    def name(self) -> str:
        """The event's name."""
        return self.event.name

    @property
    def value(self) -> Any:
        """The event's value."""
        return self.event.value


class EventEnum(Enum):
    """Base class of sets of events; make your own by deriving from it.

    Example:
        >>> class BackpropEvents(EventEnum):
        ...     BACKWARD_STARTED = "backward_started"
        ...     BACKWARD_COMPLETED = "backward_completed"
        >>> BackpropEvents.BACKWARD_STARTED(every=2).filter.every
        2
    """

    def __call__(
        self,
        event_filter: Callable[[Any, int], bool] | None = None,
        every: int | None = None,
        once: int | Sequence[int] | None = None,
        before: int | None = None,
        after: int | None = None,
    ) -> CallableEventWithFilter:
        """This event at some of its occurrences; give a predicate, or `once`, or any of the other three.

        Raises:
            ValueError: none or several kinds of filter are given, a number that is not positive, or a predicate of
                something else.
            TypeError: `event_filter` cannot be called.
        """
        bounds = every is not None or before is not None or after is not None
        if (event_filter is not None) + (once is not None) + bounds != 1:
            raise ValueError(
                f"`{self.name}(...)` takes exactly one kind of filter: `event_filter`, or `once`, "
                "or some of `every`, `before` and `after`."
            )
        if event_filter is not None:
            if not callable(event_filter):
                raise TypeError(f"`event_filter` should be a callable of (engine, count), got {event_filter!r}.")
            if not takes(event_filter, (None, None)):
                raise ValueError(f"`event_filter` should take (engine, count); got one that cannot: {event_filter!r}.")
            return CallableEventWithFilter(self, EventFilter(predicate=event_filter))
        if once is not None:
            counts = tuple(once) if isinstance(once, Sequence) else (once,)
            _check_counts("once", counts, at_least=1)
            return CallableEventWithFilter(self, EventFilter(once=counts))
        for name, value, least in (("every", every, 1), ("before", before, 0), ("after", after, 0)):
            _check_counts(name, () if value is None else (value,), at_least=least, may_be_empty=True)
        return CallableEventWithFilter(self, EventFilter(every=every, before=before, after=after))

    def __or__(self, other: AnyEvent) -> EventsList:
        """Either of the two."""
        return EventsList() | self | other


class Events(EventEnum):
    """What an engine fires, in the order of a run.

    `STARTED`, then per epoch `EPOCH_STARTED`, per iteration `GET_BATCH_STARTED`, `GET_BATCH_COMPLETED`,
    `ITERATION_STARTED`, `ITERATION_COMPLETED`, then `EPOCH_COMPLETED`; at the end `COMPLETED`.
    `DATALOADER_STOP_ITERATION` says that the data ended before the epoch; `TERMINATE`,
    `TERMINATE_SINGLE_EPOCH`, `INTERRUPT` and `EXCEPTION_RAISED` say how a run or an epoch ended early.
    """

    EPOCH_STARTED = "epoch_started"
    EPOCH_COMPLETED = "epoch_completed"
    STARTED = "started"
    COMPLETED = "completed"
    ITERATION_STARTED = "iteration_started"
    ITERATION_COMPLETED = "iteration_completed"
    EXCEPTION_RAISED = "exception_raised"
    GET_BATCH_STARTED = "get_batch_started"
    GET_BATCH_COMPLETED = "get_batch_completed"
    DATALOADER_STOP_ITERATION = "dataloader_stop_iteration"
    TERMINATE = "terminate"
    TERMINATE_SINGLE_EPOCH = "terminate_single_epoch"
    INTERRUPT = "interrupt"


class Priority(IntEnum):
    """What runs after what at one event, told in one place: higher runs first, equals as they were added.

    Any other whole number is a priority too. These are the ones that the runtime's own handlers need of each other.
    """

    CLOSE_WINDOW = 500
    """The optimizer step of an accumulation window that the epoch cuts: before anybody looks at the weights."""
    RESTORE_FIRST = 400
    """A resumed run's random numbers, where other handlers may draw."""
    PROCESSES = 300
    """What processes do together around a run: uneven evaluations, the beginning of agreements."""
    MEASURE = 200
    """What measures an epoch that has ended: before it is validated and logged."""
    DEFAULT = 0
    SAVE_LATER = -100
    """A checkpoint that has waited for a window to close."""
    RESTORE_LAST = -200
    """A resumed run's metrics and random numbers, once other handlers have reset or drawn theirs."""
    AGREE = -300
    """Whether to leave together, after every handler has had its say."""


class EventsList(tuple[EventEnum | CallableEventWithFilter, ...]):
    """Several events for one handler: `Events.COMPLETED | Events.EPOCH_COMPLETED(every=3)`."""

    __slots__ = ()

    def __or__(self, other: AnyEvent) -> EventsList:
        """This list and one event, or one more list."""
        return EventsList((*self, *(other if isinstance(other, EventsList) else (other,))))


AnyEvent: TypeAlias = EventEnum | CallableEventWithFilter | EventsList


COUNTED_BY: dict[Any, str] = {
    **dict.fromkeys((Events.GET_BATCH_STARTED, Events.GET_BATCH_COMPLETED), "iteration"),
    **dict.fromkeys((Events.ITERATION_STARTED, Events.ITERATION_COMPLETED), "iteration"),
    **dict.fromkeys((Events.STARTED, Events.EPOCH_STARTED, Events.EPOCH_COMPLETED, Events.COMPLETED), "epoch"),
}
"""The state's attribute that counts an event's occurrences; other events count their own."""


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

    def __init__(self, **attributes: Any) -> None:
        self.iteration: int = 0
        self.epoch: int = 0
        self.epoch_length: int | None = None
        self.max_epochs: int | None = None
        self.max_iters: int | None = None
        self.batch: Any = None
        self.output: Any = None
        self.metrics: dict[str, Any] = {}
        self.dataloader: Any = None
        self.seed: int | None = None
        self.times: dict[str, float | None] = {"EPOCH_COMPLETED": None, "COMPLETED": None}
        self.event_to_attr = dict(COUNTED_BY)
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

    # For type checkers only: a class that really has `__getattr__` makes each read of an attribute eight times
    # as slow in CPython 3.11, and the loop and every handler read `state.iteration`.
    if TYPE_CHECKING:  # handlers add attributes of their own

        def __setattr__(self, name: str, value: Any) -> None: ...

        def __getattr__(self, name: str) -> Any: ...

    def __repr__(self) -> str:
        lines = (f"\t{name}: {_brief(value)}" for name, value in vars(self).items())
        return "State:\n" + "\n".join(lines)


def _check_counts(name: str, counts: Sequence[int], *, at_least: int, may_be_empty: bool = False) -> None:
    valid = all(
        isinstance(count, Integral) and count >= at_least  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
        for count in counts
    )
    if not valid or not (counts or may_be_empty):
        raise ValueError(f"`{name}` should be an integer of at least {at_least}, got {list(counts)}.")


def takes(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None) -> bool:
    """Whether `function` can be called with these; a builtin that does not tell is believed to."""
    try:
        inspect.signature(function).bind(*args, **(kwargs or {}))
    except (TypeError, ValueError) as error:
        return isinstance(error, ValueError)
    return True


def _brief(value: object) -> str:
    return repr(value) if isinstance(value, (int, float, str, type(None))) else str(type(value))
