"""A run's history as a table that every program reads: one row per epoch."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from .. import distributed as idist
from ..engine.engine import Engine
from .logged_values import flat_numbers
from .saving.atomic_write import atomic_write
from .saving.lost_files import may_be_lost


class CSVLogger:
    """Writes one row per epoch: metrics of all engines, learning rate, seconds.

    The file is replaced at once by one with a row more, so a kill at any instant leaves a whole table. An epoch
    that is done again after a resume replaces its old row. Attach it before the checkpoint, so that there is no
    epoch whose state is saved and whose row is not. A file that was changed, lost, or could not be written is whole
    again after the next epoch.

    Runs on:   `EPOCH_COMPLETED` of the trainer, after the evaluators have run.
    Changes:   its file.
    Saves:     the rows; without them a resumed run goes on with those of the file.
    Processes: rank 0 writes.

    Args:
        path: the file.
        engines: whose metrics become columns `{name}_{metric}`, by name; several numbers `{name}_{metric}/{index}`.
        optimizer: the learning rate of its first group becomes a column.

    Example:
        >>> import tempfile
        >>> from ..engine.events import Events
        >>> trainer = Engine(lambda engine, batch: None)
        >>> trainer.state.metrics["loss"] = 0.5
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     logger = CSVLogger(Path(folder) / "history.csv", {"train": trainer})
        ...     _ = trainer.add_event_handler(Events.EPOCH_COMPLETED, logger)
        ...     _ = trainer.run([0], max_epochs=2)
        ...     print([line.rpartition(",")[0] for line in logger.path.read_text().splitlines()])
        ['epoch,train_loss', '1,0.5', '2,0.5']
    """

    def __init__(
        self, path: str | Path, engines: Mapping[str, Engine[Any, Any]], optimizer: Optimizer | None = None
    ) -> None:
        self.path, self.engines, self.optimizer = Path(path), engines, optimizer
        self._rows: list[dict[str, str]] | None = None

    def __call__(self, trainer: Engine[Any, Any]) -> None:
        """Adds the row of the epoch that the trainer has completed."""
        if idist.get_rank() == 0:
            row = {key: str(value) for key, value in self._row(trainer).items()}
            rows = read_rows(self.path) if self._rows is None else self._rows
            self._rows = [*(old for old in rows if int(old["epoch"]) < trainer.state.epoch), row]
            text = _table(self._rows).encode()
            with may_be_lost(self.path.name):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                atomic_write(self.path, lambda file: file.write(text))

    def state_dict(self) -> dict[str, Any]:
        """The rows."""
        return {"rows": self._rows or []}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on with these, whatever the file holds."""
        self._rows = state_dict["rows"]

    def _row(self, trainer: Engine[Any, Any]) -> dict[str, Any]:
        metrics = {
            f"{name}_{metric}": value
            for name, engine in self.engines.items()
            for metric, value in engine.state.metrics.items()
            if getattr(value, "ndim", 0) < 2  # a matrix is no row of a table: `report` draws it
        }
        row = {"epoch": trainer.state.epoch, **flat_numbers(metrics)}
        if self.optimizer is not None:
            row["learning_rate"] = float(self.optimizer.param_groups[0]["lr"])
        row["seconds"] = trainer.state.times["EPOCH_COMPLETED"]
        return row


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table by column; none if there is no file, or another one."""
    try:
        rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    except (OSError, ValueError, csv.Error):
        return []
    return rows if all((row.get("epoch") or "").isdigit() for row in rows) else []


def _table(rows: list[dict[str, str]]) -> str:
    columns = list(dict.fromkeys(column for row in [rows[-1], *rows] for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
