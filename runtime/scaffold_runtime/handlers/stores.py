"""Outputs of a whole epoch, kept."""

import warnings
from collections.abc import Callable
from typing import Any

from ..engine.engine import Engine
from ..engine.events import Events


def _same(output: Any) -> Any:
    return output


class EpochOutputStore:
    """Keeps the outputs of an epoch's iterations, for what needs all of them at its end.

    Tensors stay where they are: `output_transform=lambda output: output.cpu()` keeps them off an accelerator.

    Runs on:   `EPOCH_STARTED`, where it begins anew, and `ITERATION_COMPLETED`; with a name also `EPOCH_COMPLETED`.
    Changes:   with a name, `engine.state.<name>`.
    Saves:     nothing: outputs may be as large as the data. An epoch that another process goes on with lacks the
               outputs from before, and a warning says so.
    Processes: each has those of its own share; `idist.all_gather` brings them together.

    Args:
        output_transform: of the output, to what is kept.

    Attributes:
        data: what is kept, in order.

    Example:
        >>> engine = Engine(lambda engine, batch: batch * 2)
        >>> EpochOutputStore().attach(engine, "outputs")
        >>> engine.run([1, 2, 3], max_epochs=2).outputs
        [2, 4, 6]
    """

    def __init__(self, output_transform: Callable[[Any], Any] = _same) -> None:
        self.data: list[Any] = []
        self.output_transform = output_transform

    def reset(self, engine: Engine[Any, Any] | None = None) -> None:
        """Lets go of what it has, unless an epoch of `engine` goes on."""
        if engine is None or not engine.resuming:
            self.data = []
        elif engine.epoch_iteration > len(self.data):
            warnings.warn(
                f"The run goes on after iteration {engine.epoch_iteration} of an epoch, and {len(self.data)} outputs "
                "of it are kept: those from before are lost. Save where an epoch ends, if all are needed.",
                stacklevel=2,
            )

    def update(self, engine: Engine[Any, Any]) -> None:
        """Keeps the output of this iteration."""
        self.data.append(self.output_transform(engine.state.output))

    def store(self, engine: Engine[Any, Any]) -> None:
        """Shows what it has as an attribute of the state."""
        setattr(engine.state, self.name, self.data)

    def attach(self, engine: Engine[Any, Any], name: str | None = None) -> None:
        """Keeps the outputs of `engine`.

        Args:
            engine: whose outputs.
            name: the attribute of its state that has them at the end of each epoch; none if not given.
        """
        engine.add_event_handler(Events.EPOCH_STARTED, self.reset)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self.update)
        if name:
            self.name = name
            engine.add_event_handler(Events.EPOCH_COMPLETED, self.store)
