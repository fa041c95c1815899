"""What trackers cost: a scalar at every iteration beside the same calls by hand, handlers that seldom fire, a start.

"By hand" calls the client, as its own manual shows; ours hands the value to the tracker's thread. "Held up"
is what an iteration takes longer than without logging, and "ratio" that to the call by hand; "in all" counts the rest
of the client's work too, which ours does beside the training. Each tracker has a process of its own, in the environment
of the clients, without a key. The start is of a project, from the command to the end of its first epoch: with all
trackers and with none, without a network where the system has `unshare` and allows it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ITERATIONS, ROUNDS = 1000, 3
FEWER = {"mlflow": 100, "dvclive": 100}
"""Iterations of those that take milliseconds for a value."""
SECONDS_TO_START = 10.0
"""Which all trackers together may add to a start."""
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

    iterations = FEWER.get(tracker, ITERATIONS)

    def seconds(attach: Callable[[Any], Any] | None = None, finish: Callable[[], Any] = int) -> tuple[float, float]:
        engine: Engine[Any, Any] = Engine(lambda engine, batch: 0.5)
        if attach is not None:
            attach(engine)
        began = time.perf_counter()
        engine.run(range(iterations))
        held = time.perf_counter() - began
        finish()
        return held, time.perf_counter() - began

    with tempfile.TemporaryDirectory() as name:
        logger = loggers(Path(name).resolve())[tracker]()
        logger.flush(600)  # a client that has never run before may take its time to start
        call = by_hand(tracker, logger)
        in_thread = partial(logger._thread.call, lambda: [call(0.5, step) for step in range(iterations)], 600)

        def ours(engine: Any) -> None:
            attach = logger.attach_output_handler
            attach(engine, Events.ITERATION_COMPLETED, tag="", output_transform=lambda output: {"loss": output})

        rounds = [(seconds(), _timed(in_thread), seconds(ours, partial(logger.flush, 600))) for _ in range(ROUNDS)]
        plain, hand = min(one[0][0] for one in rounds), min(one[1] for one in rounds)
        held, whole = (min(one[2][part] for one in rounds) - plain for part in (0, 1))
        scale = 1e6 / iterations
        print(f"  {tracker:<22} {hand * scale:11.1f} {held * scale:11.1f} {held / hand:9.2f} {whole * scale:11.1f}")
        sys.stdout.flush()
        logger.close()


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def seldom() -> None:
    """Prints what ten handlers and three trackers that fire every 100 iterations cost an iteration.

    The trackers' clients do nothing: what they would cost is theirs.
    """
    from scaffold_runtime.engine import Engine, Events
    from scaffold_runtime.handlers.tracker_logger import TrackerLogger

    class Nothing(TrackerLogger):
        tracker, module, package = "Nothing", "json", "json"

        def _start(self, run_id: str | None) -> Any:
            return self

        def _run_id(self) -> str:
            return ""

        def _write(self, values: Mapping[str, Any], step: int) -> None:
            """Nothing."""

        def _end(self, status: str) -> None:
            """Nothing."""

    def engine_with(*, handlers: int, trackers: int) -> Engine[Any, Any]:
        engine: Engine[Any, Any] = Engine(lambda engine, batch: 0.5)
        now_and_then = Events.ITERATION_COMPLETED(every=100)
        for _ in range(handlers):
            engine.add_event_handler(now_and_then, lambda engine: None)
        for _ in range(trackers):
            Nothing().attach_output_handler(engine, now_and_then, tag="", output_transform=lambda loss: {"loss": loss})
        return engine

    # In turns, so that other programs on the machine slow both, and the best turn of each counts.
    bare, full = engine_with(handlers=0, trackers=0), engine_with(handlers=10, trackers=3)
    turns = [[_timed(partial(engine.run, range(20_000))) for engine in (bare, full)] for _ in range(15)]
    cost = (min(turn[1] for turn in turns) - min(turn[0] for turn in turns)) / 20_000 * 1e6
    print(f"ten handlers and three trackers every 100 iterations: {cost:.3f} us an iteration")


def starting() -> None:
    """Prints how much later the first epoch ends with all trackers than with none, and the run."""
    sys.path.insert(0, str(ROOT))
    from tests.trackers.runs import TRACKERS as ALL
    from tests.trackers.runs import project_with

    alone = ["unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        alone = []
    took = {}
    with tempfile.TemporaryDirectory() as name:
        for trackers in ((), ALL):
            project = project_with(Path(name).resolve() / f"{len(trackers)}", *trackers)
            took[len(trackers)] = min(_start_of(project, alone, round) for round in range(2))
    first, whole = (took[len(ALL)][part] - took[0][part] for part in (0, 1))
    where = "without a network" if alone else "with the network that there is"
    print(
        f"a start with all trackers, {where}: the first epoch ends {first:.1f} s later, a run of 3 epochs {whole:.1f} s"
    )
    print(f"that is {'below' if first < SECONDS_TO_START else 'ABOVE'} the bound of {SECONDS_TO_START:g} s")


def _start_of(project: Any, alone: list[str], round: int) -> tuple[float, float]:
    """Seconds to the end of the first epoch, and of the run."""
    flags = ("--backend", "none", "--overfit-batches", "8", "--data.batch-size", "16", "--max-epochs", "3")
    python = os.environ.get("SCAFFOLD_TRACKERS_PYTHON", str(ROOT / ".envs/trackers/bin/python"))
    words = [*alone, python, "-m", f"{project.package}.train", *flags, "--name", f"{round}"]
    environment = {**os.environ, "PYTHONPATH": str(project.folder / "src"), "HOME": str(project.folder)}
    history, began, first = project.folder / "outputs" / f"{round}" / "history.csv", time.perf_counter(), 0.0
    with (project.folder / "said.txt").open("a") as said:
        process = subprocess.Popen(words, cwd=project.folder, env=environment, stdout=said, stderr=said)
    while process.poll() is None:
        if not first and history.is_file():
            first = time.perf_counter() - began
        time.sleep(0.02)
    if process.returncode:
        raise RuntimeError((project.folder / "said.txt").read_text()[-2000:])
    return first, time.perf_counter() - began


def main() -> None:
    """Prints the table."""
    python = os.environ.get("SCAFFOLD_TRACKERS_PYTHON", str(ROOT / ".envs/trackers/bin/python"))
    if not Path(python).is_file():
        print(f"There is no {python}: `make .envs/trackers/ready` makes it.")
        return
    print(f"{'a scalar at each iteration, us':<24}     by hand     held up     ratio      in all", flush=True)
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "runtime"), "HOME": home, "OMP_NUM_THREADS": "1"}
        for tracker in (*TRACKERS, "seldom"):
            done = subprocess.run(
                [python, __file__, tracker], env=environment, cwd=home, capture_output=True, text=True, check=False
            )
            lines = [line for line in done.stdout.splitlines() if line.startswith(("  " + tracker, "ten handlers"))]
            print("\n".join(lines) or f"  {tracker}: {done.stderr[-500:]}", flush=True)
    starting()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        seldom() if sys.argv[1] == "seldom" else measure(sys.argv[1])
    else:
        main()
