"""What all loggers of trackers do, shown with one that writes lines to a file; real ones are in `tests/trackers`."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.logger_setup import set_up
from scaffold_runtime.handlers.saving.lost_files import lost_files
from scaffold_runtime.handlers.tensorboard_logger import TensorboardLogger
from scaffold_runtime.handlers.tracker_handlers import (
    GradsHistHandler,
    GradsScalarHandler,
    OptimizerParamsHandler,
    OutputHandler,
    WeightsHistHandler,
    WeightsScalarHandler,
)
from scaffold_runtime.handlers.tracker_logger import TrackerLogger

LOGGERS = [
    "aim",
    "clearml",
    "comet",
    "dvclive",
    "mlflow",
    "neptune",
    "polyaxon",
    "swanlab",
    "trackio",
    "visdom",
    "wandb",
]


class LinesLogger(TrackerLogger):
    """A tracker that is a file: a line for each thing that it is told; client calls go to the path."""

    tracker, module, package = "Lines", "json", "json"

    def __init__(self, path: Path, *, starts: bool = True, keeps: bool = True, id_file: Path | None = None) -> None:
        super().__init__(id_file=id_file)
        self.path, self.starts, self.keeps = path, starts, keeps

    def _start(self, run_id: str | None) -> Any:
        if not self.starts:
            raise ConnectionError("No server")
        self._id = run_id or "first"
        self._write_line("start", run_id)
        return self.path

    def _run_id(self) -> str:
        return self._id

    def _write_line(self, kind: str, value: Any) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps([kind, value]) + "\n")

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        if "bad" in values:
            raise ValueError("bad is no value")
        self._write_line("values", [dict(values), step])

    def _write_histogram(self, name: str, values: Any, step: int) -> None:
        self._write_line("histogram", [name, values.size, step])

    def _flush(self) -> bool:
        return self.keeps

    def _end(self, status: str) -> None:
        self._write_line("end", status)


@pytest.fixture(autouse=True)
def nothing_lost() -> Iterator[None]:
    """What a test could not write is of no other test's run."""
    yield
    lost_files.clear()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the lines are."""
    return tmp_path / "lines.jsonl"


def lines(path: Path) -> list[Any]:
    """What the tracker was told."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_handlers_write_numbers(path: Path) -> None:
    """Outputs, metrics, rates, weights and gradients come under names with slashes, at the step that is theirs."""
    model = nn.Linear(2, 1, bias=False)
    nn.init.constant_(model.weight, 3.0)
    model.weight.grad = torch.full((1, 2), 4.0)
    engine: Engine[Any, Any] = Engine(lambda engine, batch: {"loss": torch.tensor(0.5)})
    engine.state.metrics["top"] = {"k": 1}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.25)
    with LinesLogger(path) as logger:
        logger.attach_output_handler(
            engine, Events.COMPLETED, tag="training", metric_names="all", output_transform=lambda output: output
        )
        logger.attach_opt_params_handler(engine, Events.COMPLETED, optimizer, tag="main")
        for handler in (WeightsScalarHandler, GradsScalarHandler, WeightsHistHandler, GradsHistHandler):
            logger.attach(engine, handler(model, tag="net"), Events.COMPLETED)
        engine.run([0])
    norms = [pytest.approx(18**0.5), pytest.approx(32**0.5)]
    assert lines(path) == [
        ["start", None],
        ["values", [{"training/top/k": 1, "training/loss": 0.5}, 1]],
        ["values", [{"main/lr/group_0": 0.25}, 1]],
        ["values", [{"net/weights_norm/weight": norms[0]}, 1]],
        ["values", [{"net/grads_norm/weight": norms[1]}, 1]],
        ["histogram", ["net/weights/weight", 2, 1]],
        ["histogram", ["net/grads/weight", 2, 1]],
        ["end", "finished"],
    ]


def test_nothing_starts_before_it_is_written_to(path: Path) -> None:
    """A logger that is made, asked for its state, copied or closed has no run: a resume may come before."""
    logger = LinesLogger(path)
    assert not hasattr(logger, "state_dict")
    assert not hasattr(logger, "_private")
    logger.close()
    assert not path.exists()


def test_a_later_start_goes_on_in_the_same_run(path: Path, tmp_path: Path) -> None:
    """Its id is in the file, and the epochs that it has safely; the others are told once more."""
    epochs = {epoch: {"val/accuracy": epoch / 10} for epoch in (1, 2, 3)}
    first = LinesLogger(path, id_file=tmp_path / "lines.json")
    first.write_epoch(epochs[1], 1)
    first.keep(1)
    first.write_epoch(epochs[2], 2)
    assert first.flush(60)  # and then it is killed
    second = LinesLogger(path, id_file=tmp_path / "lines.json")
    second.write_epochs(epochs)
    second.close()
    told = [["start", None], ["values", [epochs[1], 1]], ["values", [epochs[2], 2]]]
    told += [["start", "first"], ["values", [epochs[2], 2]], ["values", [epochs[3], 3]], ["end", "finished"]]
    assert lines(path) == told


def test_a_tracker_that_keeps_nothing_is_told_all_of_it_again(path: Path, tmp_path: Path) -> None:
    """Where a kill takes away what the client was told, no epoch counts as safe."""
    first = LinesLogger(path, keeps=False, id_file=tmp_path / "lines.json")
    first.write_epoch({"a": 1.0}, 1)
    first.keep(1)
    assert first.flush(60)
    second = LinesLogger(path, id_file=tmp_path / "lines.json")
    second.write_epochs({1: {"a": 1.0}})
    second.close()
    assert lines(path).count(["values", [{"a": 1.0}, 1]]) == 2


def test_points_that_a_client_has_not_got_come_to_the_next_one(path: Path, tmp_path: Path) -> None:
    """They are in the file before the run saves itself: who is killed then loses none of them, nor their order."""
    goes_on = threading.Event()
    first = LinesLogger(path, id_file=tmp_path / "lines.json")
    first.write({"loss": 0.5}, 10)
    first.keep(1)
    assert first.flush(60)
    first._thread.put(goes_on.wait, 60)  # the client hangs
    first.write({"loss": np.float32(0.25)}, 20)
    first.write({"loss": float("nan")}, 30)
    first.save_points()
    first.write({"loss": 0.125}, 40)  # of an epoch that will be done again
    second = LinesLogger(path, id_file=tmp_path / "lines.json")  # as if the first had been killed
    second.write_points(until=30)
    second.write({"loss": 0.125}, 40)
    second.close("killed")
    told = [line for line in lines(path) if line[0] == "values"]
    assert told[:2] == [["values", [{"loss": 0.5}, 10]], ["values", [{"loss": 0.25}, 20]]]
    assert [step for _, (_, step) in told] == [10, 20, 30, 40]
    third = LinesLogger(path, id_file=tmp_path / "lines.json")  # all is told, the run has ended
    third.write_points(until=40)
    third.write({"loss": 0.0625}, 50)
    third.close()
    assert [step for kind, value in lines(path) if kind == "values" for step in value[1:]] == [10, 20, 30, 40, 50]
    goes_on.set()


@pytest.mark.parametrize("content", ["", "[1]", "{", '"text"', '{"points": [[1]]}', '{"points": 2, "epochs": "x"}'])
def test_a_damaged_id_file_begins_another_run(path: Path, tmp_path: Path, content: str) -> None:
    """It is no reason to end."""
    (tmp_path / "lines.json").write_text(content)
    logger = LinesLogger(path, id_file=tmp_path / "lines.json")
    logger.write({"a": 1.0}, 1)
    logger.close()
    assert lines(path)[0] == ["start", None]


def test_a_folder_in_the_place_of_the_id_file(path: Path, tmp_path: Path) -> None:
    """The run is tracked all the same, and a warning says that the file could not be written."""
    (tmp_path / "lines.json").mkdir()
    logger = LinesLogger(path, id_file=tmp_path / "lines.json")
    logger.write({"a": 1.0}, 1)
    with pytest.warns(UserWarning, match=r"lines\.json could not be written: Is a directory\. The run goes on"):
        logger.close()
    assert lines(path)[-1] == ["end", "finished"]


def test_what_fails_is_lost_and_said_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run goes on, with what does not fail."""
    logger = LinesLogger(path)
    for step in range(3):
        logger.write({"bad": 1.0}, step)
        logger.write({"good": 1.0}, step)
    logger.close()
    assert len(lines(path)) == 5
    assert logger.lost == "3 calls lost, ValueError: bad is no value"
    text = "Lines could not be told of everything: ValueError: bad is no value. The run goes on without it."
    assert [record.message for record in caplog.records] == [text]


def test_a_client_that_cannot_start_is_no_reason_to_end(path: Path) -> None:
    """Each call that it does not get is counted; calls of its own give None."""
    logger = LinesLogger(path, starts=False)
    assert logger.anything(1, two=3) is None
    logger.write({"a": 1.0}, 1)
    logger.close()
    assert logger.lost.endswith(" calls lost, ConnectionError: No server")
    assert not path.exists()


def test_other_calls_go_to_the_client(path: Path) -> None:
    """They give what it gives, raise what it raises; what it has not is an `AttributeError`."""
    with LinesLogger(path) as logger:
        assert logger.name == "lines.jsonl"
        assert logger.with_suffix(".txt") == path.with_suffix(".txt")
        with pytest.raises(ValueError, match="Invalid suffix"):
            logger.with_suffix("no suffix")
        with pytest.raises(AttributeError, match="no_such_call"):
            logger.no_such_call()


def test_an_error_ends_the_run_as_failed(path: Path) -> None:
    """The usual set-up closes the logger with the status of the training."""

    def fail(engine: Any, batch: int) -> None:
        if batch == 2:
            raise RuntimeError("broken")

    trainer: Engine[Any, Any] = Engine(fail)
    set_up(lambda: LinesLogger(path), trainer, None, None, 1, "all", "all")
    with pytest.raises(RuntimeError, match="broken"):
        trainer.run([1, 2])
    assert lines(path)[-1] == ["end", "failed"]


HANDLERS = {
    "OutputHandler": lambda: OutputHandler("tag", metric_names="all"),
    "OptimizerParamsHandler": lambda: OptimizerParamsHandler(torch.optim.SGD([torch.zeros(1)], lr=1.0)),
    "WeightsScalarHandler": lambda: WeightsScalarHandler(nn.Linear(1, 1)),
    "WeightsHistHandler": lambda: WeightsHistHandler(nn.Linear(1, 1)),
    "GradsScalarHandler": lambda: GradsScalarHandler(nn.Linear(1, 1)),
    "GradsHistHandler": lambda: GradsHistHandler(nn.Linear(1, 1)),
}


@pytest.mark.parametrize("name", HANDLERS)
def test_another_logger_is_refused(name: str, tmp_path: Path) -> None:
    """TensorBoard has handlers of its own."""
    engine: Engine[Any, Any] = Engine(lambda engine, batch: None)
    with pytest.raises(RuntimeError) as caught:
        HANDLERS[name]()(engine, TensorboardLogger(str(tmp_path)), Events.STARTED)
    expected = f"This `{name}` writes to a tracker's logger, and was attached to a `TensorboardLogger`, "
    assert str(caught.value) == f"{expected}whose handlers are others."


@pytest.mark.parametrize("step", [None, "3", 1.5])
def test_a_step_that_is_none(path: Path, step: Any) -> None:
    """A global step is a whole number, or nobody finds the point."""
    engine: Engine[Any, Any] = Engine(lambda engine, batch: None)
    handler = OutputHandler("tag", metric_names="all", global_step_transform=lambda engine, event: step)
    with pytest.raises(TypeError) as caught:
        handler(engine, LinesLogger(path), Events.STARTED)
    assert str(caught.value) == f"`global_step_transform` should give a whole number, got {step!r}."


@pytest.mark.parametrize("name", LOGGERS)
def test_a_missing_client_is_named(name: str) -> None:
    """Where it is not installed, as here, making the logger says what to install; without it the module imports."""
    module = importlib.import_module(f"scaffold_runtime.handlers.{name}_logger")
    (kind,) = (one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__)
    if find_spec(kind.module) is not None:  # in an environment of somebody's own
        pytest.skip(f"{kind.module} is installed")
    arguments = {"trackio": ["project"]}.get(name, [])
    with pytest.raises(ModuleNotFoundError) as caught:
        kind(*arguments)
    wanted = (
        f"`{kind.__name__}` needs the package `{kind.package}`, which is not installed: `pip install {kind.package}`."
    )
    assert str(caught.value) == wanted
