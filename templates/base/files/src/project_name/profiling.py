"""A trace of the first iterations, for Perfetto (ui.perfetto.dev) or chrome://tracing."""

from __future__ import annotations

from typing import Any

import torch

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine, Events

from .run_folder import RunFolder


def profile(trainer: Engine[Any, Any], folder: RunFolder, *, num_iterations: int = 20) -> None:
    """Writes `trace.json` of the first iterations of an epoch, on rank 0."""
    if idist.get_rank() != 0:
        return
    profiler = torch.profiler.profile()

    @trainer.on(Events.EPOCH_STARTED(once=1))
    def start() -> None:
        profiler.start()
        length = trainer.state.epoch_length or num_iterations
        trainer.add_event_handler(Events.ITERATION_COMPLETED(once=min(num_iterations, length)), stop)

    def stop() -> None:
        profiler.stop()
        profiler.export_chrome_trace(str(folder.path / "trace.json"))
