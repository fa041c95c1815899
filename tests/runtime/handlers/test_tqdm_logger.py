"""What a person sees of a run: on a terminal, and where there is none."""

from __future__ import annotations

import io
import os
import pty
import re
import select
from collections.abc import Iterator
from typing import Any

import pyte
import pytest
import torch
from torch import Tensor

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.tqdm_logger import ProgressBar


class Terminal:
    """A pseudo-terminal, and what it shows."""

    def __init__(self) -> None:
        self.reader, writer = pty.openpty()
        self.file = os.fdopen(writer, "w")
        self.screen = pyte.Screen(80, 10)
        self.screen.set_mode(pyte.modes.LNM)
        self.stream = pyte.ByteStream(self.screen)

    def lines(self) -> list[str]:
        """What stands on the screen."""
        self.file.flush()
        while select.select([self.reader], [], [], 0)[0]:
            self.stream.feed(os.read(self.reader, 4096))
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def close(self) -> None:
        """Hangs up."""
        self.file.close()
        os.close(self.reader)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """A terminal for one test."""
    terminal = Terminal()
    yield terminal
    terminal.close()


def loss_engine() -> Engine[Any, Any]:
    """An engine whose output is a loss on the device."""
    return Engine(lambda engine, batch: torch.tensor(0.25))


def test_without_a_terminal_each_epoch_is_a_line() -> None:
    """In a file there is one plain line per epoch, with the last values."""
    file = io.StringIO()
    engine = loss_engine()
    engine.state.metrics["accuracy"] = 0.5
    ProgressBar(file=file).attach(engine, ["accuracy"], output_transform=lambda loss: {"loss": loss})
    engine.run([0] * 5, max_epochs=2)
    text = re.sub(r"\d+\.\ds", "0.0s", file.getvalue())
    assert text == "Epoch [1/2] 5/5 accuracy=0.5 loss=0.25 [0.0s]\nEpoch [2/2] 5/5 accuracy=0.5 loss=0.25 [0.0s]\n"


def test_a_terminal_shows_the_bar(terminal: Terminal) -> None:
    """On a terminal the bar stands in one line, full at the end."""
    engine = loss_engine()
    ProgressBar(persist=True, file=terminal.file, ncols=70).attach(engine, output_transform=lambda loss: {"loss": loss})
    engine.run([0] * 5, max_epochs=2)
    lines = terminal.lines()
    assert len(lines) == 2
    assert re.fullmatch(r"Epoch \[2/2\]: ?\[5/5\] 100%\|.*█\|, loss=0.25 \[00:00<00:00\]", lines[1]), lines[1]


def test_numbers_of_a_step_stand_on_the_bar(terminal: Terminal) -> None:
    """Several numbers are told apart by their places, and the bar counts the step that is done."""
    engine: Engine[Any, Any] = Engine(lambda engine, batch: None)
    bar = ProgressBar(file=terminal.file, ncols=70, refresh_seconds=0.0)
    bar.attach(engine, output_transform=lambda output: [0.5, 2])
    shown: list[str] = []
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=1), lambda: shown.extend(terminal.lines()))
    engine.run([0] * 5)
    assert len(shown) == 1
    assert "[1/5]" in shown[0]
    assert "output/0=0.5, output/1=2" in shown[0]


def test_values_are_read_only_when_the_bar_is_drawn(monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    """A thousand iterations within one refresh read the device a few times, not a thousand."""
    reads: list[int] = []
    read: Any = Tensor.tolist

    def counted(tensor: Tensor) -> Any:
        reads.append(1)
        return read(tensor)

    monkeypatch.setattr(Tensor, "tolist", counted)
    engine = loss_engine()
    bar = ProgressBar(file=terminal.file, refresh_seconds=1000.0)
    bar.attach(engine, output_transform=lambda loss: {"loss": loss})
    engine.run([0] * 1000)
    assert 1 <= len(reads) <= 3


def test_messages_stand_above_the_bar(terminal: Terminal) -> None:
    """A message does not tear the bar."""
    engine = loss_engine()
    bar = ProgressBar(persist=True, file=terminal.file, ncols=70)
    bar.attach(engine)
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda: bar.log_message("half way"), priority=-1)
    engine.run([0] * 4)
    lines = terminal.lines()
    assert lines[0] == "half way"
    assert lines[1].startswith("Iteration:")


def test_epochs_can_be_counted_instead() -> None:
    """A bar of epochs closes with the run."""
    file = io.StringIO()
    engine = loss_engine()
    ProgressBar(file=file, desc="Run").attach(
        engine, event_name=Events.EPOCH_COMPLETED, closing_event_name=Events.COMPLETED
    )
    engine.run([0] * 5, max_epochs=3)
    assert file.getvalue().startswith("Run 3/3 [")


def test_a_resumed_epoch_starts_where_it_is() -> None:
    """The bar of a resumed epoch begins at the iteration that it goes on with."""
    file = io.StringIO()
    engine = loss_engine()
    ProgressBar(file=file).attach(engine)
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=3), lambda: engine.terminate())
    engine.run([0] * 5, max_epochs=2)
    assert file.getvalue() == ""
    engine.run()
    assert [line.rpartition(" ")[0] for line in file.getvalue().splitlines()] == ["Epoch [1/2] 5/5", "Epoch [2/2] 5/5"]


def test_an_epoch_after_one_that_was_cut_is_counted_from_its_start() -> None:
    """The first of three epochs ends after three steps; the others have all ten, and so says the bar."""
    file = io.StringIO()
    engine = loss_engine()
    ProgressBar(file=file).attach(engine)
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=3), lambda: engine.terminate_epoch())
    engine.run([0] * 10, max_epochs=3)
    lines = [line.rpartition(" ")[0] for line in file.getvalue().splitlines()]
    assert lines == ["Epoch [1/3] 3/10", "Epoch [2/3] 10/10", "Epoch [3/3] 10/10"]


def test_a_run_that_goes_on_with_larger_batches_is_counted_in_its_own() -> None:
    """Ten batches of the first epoch, eight of those after it."""
    file = io.StringIO()
    dataset = torch.utils.data.TensorDataset(torch.arange(40.0))
    first, second = loss_engine(), loss_engine()
    first.run(idist.auto_dataloader(dataset, batch_size=4), max_epochs=1)
    second.load_state_dict(first.state_dict())
    ProgressBar(file=file).attach(second)
    second.run(idist.auto_dataloader(dataset, batch_size=5), max_epochs=3)
    lines = [line.rpartition(" ")[0] for line in file.getvalue().splitlines()]
    assert lines == ["Epoch [2/3] 8/8", "Epoch [3/3] 8/8"]


def test_one_object_shows_two_engines(terminal: Terminal) -> None:
    """An evaluation within the epoch has a bar of its own, and the trainer's goes on to its end."""
    trainer, evaluator = loss_engine(), loss_engine()
    bar = ProgressBar(persist=True, file=terminal.file, ncols=70)
    bar.attach(trainer)
    bar.attach(evaluator)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(every=2), lambda: evaluator.run([0] * 3))
    trainer.run([0] * 5, max_epochs=2)
    found = [re.findall(r"Epoch \[./2\]|\d/\d\]", line) for line in terminal.lines()]
    assert [line for line in found if line and line[0].startswith("Epoch")] == [
        ["Epoch [1/2]", "5/5]"],
        ["Epoch [2/2]", "5/5]"],
    ]
    assert bar.pbar is None


def test_after_an_error_the_terminal_is_free(terminal: Terminal) -> None:
    """A failing step takes the bar away, and the next run draws a new one."""
    engine: Engine[Any, Any] = Engine(lambda engine, batch: 1 / batch)
    bar = ProgressBar(file=terminal.file)
    bar.attach(engine)
    with pytest.raises(ZeroDivisionError):
        engine.run([1, 0])
    assert bar.pbar is None


def test_a_bar_that_closes_before_it_grows_is_refused() -> None:
    """The order of the two events is checked."""
    with pytest.raises(ValueError, match="closes later, not at"):
        ProgressBar().attach(loss_engine(), event_name=Events.COMPLETED, closing_event_name=Events.EPOCH_COMPLETED)


def test_a_bar_that_closes_now_and_then_is_refused() -> None:
    """A bar counts from one closing to the next, so it closes each time."""
    with pytest.raises(ValueError, match="closes at each occurrence"):
        ProgressBar().attach(loss_engine(), closing_event_name=Events.EPOCH_COMPLETED(every=10))
