"""A trace of the first iterations, for Perfetto (ui.perfetto.dev) or chrome://tracing."""

from pathlib import Path
from typing import Any

import torch

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import Events


def profile(trainer: Engine[Any, Any], path: str | Path, *, num_iterations: int = 20) -> None:
    """Writes a trace of the first iterations of the first epoch that runs, on rank 0.

    Args:
        trainer: the engine whose iterations are traced.
        path: the file, such as trace.json.
        num_iterations: how many; fewer where the epoch has fewer.
    """
    if idist.get_rank() != 0:
        return
    profiler = torch.profiler.profile()

    def start() -> None:
        beginning.remove()
        profiler.start()
        length = min(num_iterations, trainer.state.epoch_length or num_iterations)
        event = Events.ITERATION_COMPLETED(once=trainer.state.iteration + length)
        end = trainer.add_event_handler(event, lambda: (end.remove(), stop()))  # once in the life of the trainer

    def stop() -> None:
        profiler.stop()
        profiler.export_chrome_trace(str(path))

    beginning = trainer.add_event_handler(Events.EPOCH_STARTED, start)
