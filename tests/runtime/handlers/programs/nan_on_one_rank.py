"""Two processes train; the second one meets a NaN in iteration 7 and looks every 5.

Usage: nan_on_one_rank.py [FOLDER], in which they save every second iteration.
"""

import math
import sys
from typing import Any

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.checkpoint import Checkpoint
from scaffold_runtime.handlers.terminate_on_nan import TerminateOnNan


def main() -> None:
    """Trains 100 iterations, unless it is stopped."""
    idist.initialize("gloo")

    def step(engine: Engine[Any, Any], batch: int) -> float:
        return math.nan if batch == 7 and idist.get_rank() == 1 else 0.0

    trainer: Engine[Any, Any] = Engine(step)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan(check_every=5))
    for folder in sys.argv[1:]:
        trainer.add_event_handler(Events.ITERATION_COMPLETED(every=2), Checkpoint({"trainer": trainer}, folder))
    trainer.run(range(1, 101))
    print(f"stopped at {trainer.state.iteration}")
    idist.finalize()


if __name__ == "__main__":
    main()
