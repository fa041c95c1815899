"""Two processes train; the second one terminates alone, at the event that the arguments name."""

import sys
from typing import Any

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.terminate_together import TerminateTogether


def main() -> None:
    """Trains two epochs of 50 iterations, each with a collective, unless somebody stops it; then once more."""
    idist.initialize("gloo")
    event, count, skip = Events[sys.argv[1]], int(sys.argv[2]), sys.argv[3] == "skip"
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: idist.all_reduce(1))
    wishes = [skip] if idist.get_rank() == 1 else []

    @trainer.on(event(once=count))
    def leave() -> None:
        if wishes:
            trainer.terminate(skip_completed=wishes.pop())

    completed: list[int] = []
    trainer.add_event_handler(Events.COMPLETED, lambda: completed.append(trainer.state.iteration))
    TerminateTogether(check_every=5).attach(trainer)
    data = list(range(50))
    trainer.run(data, max_epochs=2)
    print(f"stopped at {trainer.state.iteration}, completed at {completed}")
    trainer.run(data, max_epochs=2)
    print(f"then at {trainer.state.iteration}")
    idist.finalize()


if __name__ == "__main__":
    main()
