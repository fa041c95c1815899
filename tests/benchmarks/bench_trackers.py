"""What trackers cost: a scalar logged at every iteration beside the same calls by hand, and handlers that seldom fire.

"By hand" calls the client, as its own manual shows; ours hands the value to the tracker's thread. "Held up"
is what an iteration takes longer than without logging; "in all" counts the rest of the client's work too, which ours
does beside the training. Each tracker has a process of its own, in the environment of the clients, without a network.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ITERATIONS, ROUNDS = 1000, 3
TRACKERS = ("mlflow", "wandb", "trackio", "swanlab", "dvclive", "aim", "comet", "clearml", "polyaxon", "neptune")


def loggers(folder: Path) -> dict[str, Callable[[], Any]]:
    """Each tracker's logger, writing below a folder."""
    from scaffold_runtime import handlers

    os.environ["CLEARML_CACHE_DIR"] = str(folder)
    return {
        "mlflow": partial(handlers.MLflowLogger, f"sqlite:///{folder / 'mlflow.db'}"),
        "wandb": partial(handlers.WandBLogger, project="bench", dir=str(folder)),
        "trackio": partial(handlers.TrackioLogger, "bench", folder=folder),
        "swanlab": partial(handlers.SwanLabLogger, project="bench", log_dir=str(folder)),
        "dvclive": partial(handlers.DVCLiveLogger, folder / "dvclive"),
        "aim": partial(handlers.AimLogger, folder),
        "comet": partial(handlers.CometLogger, project_name="bench", config={"offline_directory": str(folder)}),
        "clearml": partial(handlers.ClearMLLogger, project_name="bench", task_name="bench"),
        "polyaxon": partial(handlers.PolyaxonLogger, project="bench", folder=folder),
        "neptune": partial(handlers.NeptuneLogger, folder=folder),
    }


def by_hand(tracker: str, logger: Any) -> Callable[[float, int], Any]:
    """The call that the client's manual shows, on the client that the logger has started."""
    client = logger.client
    calls: dict[str, Callable[[float, int], Any]] = {
        "mlflow": lambda value, step: client.log_metric("loss", value, step=step),
        "wandb": lambda value, step: client.log({"loss": value, "step": step}),
        "trackio": lambda value, step: logger._run.log({"loss": value}, step=step),
        "swanlab": lambda value, step: client.log({"loss": value}, step=step),
        "dvclive": lambda value, step: _dvclive(client, value, step),
        "aim": lambda value, step: client.track(value, name="loss", step=step),
        "comet": lambda value, step: client.log_metric("loss", value, step=step),
        "clearml": lambda value, step: client.report_scalar("loss", "loss", value, step),
        "polyaxon": lambda value, step: client.log_metrics(step=step, loss=value),
        "neptune": lambda value, step: client["loss"].append(value, step=step),
    }
    return calls[tracker]


def _dvclive(live: Any, value: float, step: int) -> None:
    live.step = step
    live.log_metric("loss", value)
    live.make_summary()


def measure(tracker: str) -> None:
    """Prints a line: microseconds an iteration."""
    from scaffold_runtime.engine import Engine, Events

    def seconds(attach: Callable[[Any], Any] | None = None, finish: Callable[[], Any] = int) -> tuple[float, float]:
        engine: Engine[Any, Any] = Engine(lambda engine, batch: 0.5)
        if attach is not None:
            attach(engine)
        began = time.perf_counter()
        engine.run(range(ITERATIONS))
        held = time.perf_counter() - began
        finish()
        return held, time.perf_counter() - began

    with tempfile.TemporaryDirectory() as name:
        logger = loggers(Path(name).resolve())[tracker]()
        call = by_hand(tracker, logger)
        in_thread = partial(logger._thread.call, lambda: [call(0.5, step) for step in range(ITERATIONS)], 600)

        def ours(engine: Any) -> None:
            attach = logger.attach_output_handler
            attach(engine, Events.ITERATION_COMPLETED, tag="", output_transform=lambda output: {"loss": output})

        rounds = [(seconds(), _timed(in_thread), seconds(ours, partial(logger.flush, 600))) for _ in range(ROUNDS)]
        plain, hand = min(one[0][0] for one in rounds), min(one[1] for one in rounds)
        held, whole = (min(one[2][part] for one in rounds) - plain for part in (0, 1))
        scale = 1e6 / ITERATIONS
        print(f"  {tracker:<10} {hand * scale:9.1f} {held * scale:9.1f} {whole * scale:9.1f} {whole / hand:9.2f}")
        sys.stdout.flush()
        logger.close()


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def seldom() -> None:
    """Prints what ten handlers of three trackers that fire every 100 iterations cost an iteration in between."""
    from scaffold_runtime.engine import Engine, Events

    def run(count: int) -> float:
        engine: Engine[Any, Any] = Engine(lambda engine, batch: 0.5)
        for _ in range(count):
            engine.add_event_handler(Events.ITERATION_COMPLETED(every=100), int)
        return min(_timed(partial(engine.run, range(100_000))) for _ in range(ROUNDS))

    print(f"ten handlers every 100 iterations: {(run(10) - run(0)) / 100_000 * 1e6:.3f} us an iteration")


def main() -> None:
    """Prints the table."""
    python = os.environ.get("SCAFFOLD_TRACKERS_PYTHON", str(ROOT / ".envs/trackers/bin/python"))
    if not Path(python).is_file():
        print(f"There is no {python}: `make .envs/trackers/ready` makes it.")
        return
    print("a scalar at every iteration, us     by hand   held up    in all     ratio", flush=True)
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "runtime"), "HOME": home, "OMP_NUM_THREADS": "1"}
        for tracker in (*TRACKERS, "seldom"):
            done = subprocess.run(
                [python, __file__, tracker], env=environment, cwd=home, capture_output=True, text=True, check=False
            )
            lines = [line for line in done.stdout.splitlines() if line.startswith(("  " + tracker, "ten handlers"))]
            print("\n".join(lines) or f"  {tracker}: {done.stderr[-500:]}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        seldom() if sys.argv[1] == "seldom" else measure(sys.argv[1])
    else:
        main()
