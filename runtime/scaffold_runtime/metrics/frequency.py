"""How many samples, or tokens, are processed in a second."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, Unpack

from torch import Tensor

from ..engine.engine import Engine
from ..engine.events import AnyEvent, Events
from ..exceptions import NotComputableError
from .machinery.attachment import MetricUsage
from .machinery.outputs import described
from .machinery.states import without_wait
from .metric import Metric, MetricOptions, identity


class Frequency(Metric):
    """Things counted, by the seconds from the start of the epoch to the last of them; of all processes together.

    Of several processes, the seconds are those of the one that took longest: one without a batch has none.

    Counts that are tensors are added where they are: a GPU may be behind the clock by the work that waits for it.

    Shapes:
        output: how many there are in a batch, a number or a tensor without dimensions.
        result: float, higher is better; in `engine.state.metrics` rounded down to an int.

    Args:
        output_transform: gives the number, as of tokens in a batch.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> from scaffold_runtime.engine import Engine
        >>> reader = Engine(lambda engine, batch: {"tokens": len(batch.split())})
        >>> Frequency(output_transform=lambda output: output["tokens"]).attach(reader, "tokens per second")
        >>> reader.run(["one two", "three"]).metrics["tokens per second"] > 0
        True
    """

    required_output_keys = None

    _count: Tensor | float
    _seconds: float

    def __init__(self, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]) -> None:
        self._usages: list[MetricUsage] = []
        super().__init__(output_transform, **options)
        self.add_state("_count", 0.0, reduce="sum")
        self.add_state("_seconds", 0.0, reduce="max")

    def reset(self) -> None:
        """Forgets what was counted, and starts the clock."""
        super().reset()
        self._since = perf_counter()

    def update(self, output: float | Tensor) -> None:
        """Adds the count of a batch.

        Raises:
            TypeError: it is neither a number nor a tensor without dimensions.
        """
        if isinstance(output, (int, float)):
            self._count += output
        else:
            _check(output)
            (count,) = self.take(output)
            self._count = self._count + without_wait(count.to(self.double_dtype))
        now = perf_counter()
        self._seconds += now - self._since
        self._since = now

    def compute(self) -> float:
        """Counts of all processes by seconds."""
        if self._seconds == 0:
            raise NotComputableError("Frequency has seen no batch. Call `update` before `compute`.")
        return float(self._count) / self._seconds

    def completed(self, engine: Engine[Any, Any], name: str) -> None:
        """Writes the frequency, rounded down, to `engine.state.metrics`."""
        engine.state.metrics[name] = int(self.compute())

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes up saved counts and seconds; what went by since does not count."""
        super().load_state_dict(state_dict)
        self._since = perf_counter()

    def attach(  # pyright: ignore[reportIncompatibleMethodOverride]  # as in Ignite, it takes an event for the value
        self,
        engine: Engine[Any, Any],
        name: str,
        event_name: AnyEvent = Events.ITERATION_COMPLETED,
    ) -> None:
        """Measures the runs of `engine`, into `engine.state.metrics[name]`.

        Args:
            engine: whose batches are counted.
            name: of the value.
            event_name: when it is computed, which is a collective where there are several processes.
        """
        usage = MetricUsage(Events.EPOCH_STARTED, event_name, Events.ITERATION_COMPLETED)
        self._usages.append(usage)
        super().attach(engine, name, usage)

    def detach(self, engine: Engine[Any, Any], usage: str | MetricUsage | None = None) -> None:
        """Undoes `attach`."""
        for attached in self._usages if usage is None else [usage]:
            super().detach(engine, attached)

    def is_attached(self, engine: Engine[Any, Any], usage: str | MetricUsage | None = None) -> bool:
        """Whether the runs of `engine` are measured."""
        usages = self._usages if usage is None else [usage]
        return any(super(Frequency, self).is_attached(engine, attached) for attached in usages)


def _check(count: Any) -> None:
    if not isinstance(count, Tensor) or count.ndim > 0:
        raise TypeError(
            f"Frequency counts a number or a tensor without dimensions, got {described(count)}. "
            "An `output_transform` gives it."
        )
