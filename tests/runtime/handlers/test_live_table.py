"""A table in the terminal."""

import io

import pyte
import pytest
import torch

from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import LiveTable


class Terminal(io.StringIO):
    """What is written as on a terminal, to be shown on a screen."""

    def isatty(self):
        """It is one."""
        return True

    def screen(self):
        """The lines that a person sees."""
        screen = pyte.Screen(100, 40)
        pyte.Stream(screen).feed(self.getvalue().replace("\n", "\r\n"))
        return [line.rstrip() for line in screen.display if line.strip()]


def run_with(table, max_epochs=3, step=None):
    """A training with a validation."""
    trainer = Engine(step or (lambda engine, batch: torch.tensor(0.25)))
    evaluator = Engine(lambda engine, batch: None)
    evaluator.add_event_handler(
        Events.COMPLETED, lambda engine: engine.state.metrics.update(accuracy=0.5 + trainer.state.epoch / 10)
    )
    trainer.add_event_handler(
        Events.EPOCH_COMPLETED, lambda: trainer.state.metrics.update(loss=torch.tensor(1 / trainer.state.epoch))
    )
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run([0]))
    table.attach(trainer, {"train": trainer, "val": evaluator})
    trainer.run([0] * 4, max_epochs=max_epochs)
    return trainer


@pytest.mark.parametrize("refresh_seconds", [0.0, 60.0])
def test_what_a_person_sees(monkeypatch, refresh_seconds):
    """A row for each epoch with the metrics of both engines, under their names, and no bar once it is over."""
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    run_with(LiveTable(terminal, refresh_seconds=refresh_seconds))
    screen = terminal.screen()
    rows = [[cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")] for line in screen]
    assert ["epoch", "train loss", "val accuracy", "seconds"] in rows
    assert [row[:3] for row in rows if row[0].isdigit()] == [
        ["1", "1", "0.6"],
        ["2", "0.5", "0.7"],
        ["3", "0.3333", "0.8"],
    ]
    assert not any("epoch 3/3" in line for line in screen)
    assert ("loss 0.2500" in terminal.getvalue()) == (refresh_seconds == 0.0)


def test_without_a_terminal_nothing_is_drawn():
    """The rows are there for whoever asks."""
    file = io.StringIO()
    table = LiveTable(file)
    run_with(table)
    assert file.getvalue() == ""
    assert [row["val accuracy"] for row in table.rows] == pytest.approx([0.6, 0.7, 0.8])


def test_an_error_leaves_the_terminal(monkeypatch):
    """The cursor is back, and the table stays as it was."""
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    with pytest.raises(ZeroDivisionError):
        run_with(LiveTable(terminal), step=lambda engine, batch: 1 / (engine.state.epoch - 2))
    assert terminal.getvalue().endswith("\x1b[?25h")
    assert any(line.strip("│ ").startswith("1 ") for line in terminal.screen())


def test_rows_of_a_run_that_goes_on():
    """Epochs before are shown too, and one that is done again has one row."""
    first, second = LiveTable(io.StringIO()), LiveTable(io.StringIO())
    run_with(first, max_epochs=2)
    second.load_state_dict(first.state_dict())
    second.rows.append({"epoch": 3, "val accuracy": 0.0, "seconds": 1.0})
    run_with(second, max_epochs=3)
    assert [row["epoch"] for row in second.rows] == [1, 2, 3]
    assert second.rows[-1]["val accuracy"] == pytest.approx(0.8)
