"""What a run keeps of its tracker's run in a file of its own, so that a start after a kill goes on with it."""

import json
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .saving.atomic_write import atomic_write
from .saving.lost_files import may_be_lost

MOST_POINTS = 10_000
"""Points that are kept for a tracker that has not confirmed them; those before are in its hands alone."""


class Point(NamedTuple):
    """Numbers that a tracker was told of, as JSON keeps them."""

    values: Mapping[str, Any]
    step: int


class TrackerRecord:
    """The id of the tracker's run, the last epoch that it has safely, and the points that it may not have yet.

    The points are in the file as they were at the last `save`: a run saves them before its own state, so that what the
    state has behind it is in the file or with the tracker. The training tells of points while the tracker's thread
    confirms those before.

    Args:
        file: None remembers nothing. What is not of a record's making is as if it were not there.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "notes.json"
        >>> record = TrackerRecord(file)
        >>> for step in (10, 20):
        ...     record.add({"loss": 1 / step}, step)
        >>> record.save(run="a1")
        >>> TrackerRecord(file).unconfirmed(until=20)
        [Point(values={'loss': 0.1}, step=10), Point(values={'loss': 0.05}, step=20)]
        >>> record.confirm(record.told, epoch=1)
        >>> again = TrackerRecord(file)
        >>> again.run, again.epochs, again.unconfirmed(until=20)
        ('a1', 1, [])
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.run, self.epochs, points = _read(file)
        self._points = deque(points, maxlen=MOST_POINTS)
        self.told = len(points)
        """How many points there have been, those of the file too."""
        self._lock, self._writing = threading.Lock(), threading.Lock()

    def unconfirmed(self, until: int) -> list[Point]:
        """The points that the tracker may not have, up to this step; those after it are forgotten."""
        with self._lock:
            before = [point for point in self._points if point.step <= until]
            self.told -= len(self._points) - len(before)
            self._points = deque(before, maxlen=MOST_POINTS)
            return before

    def add(self, values: Mapping[str, Any], step: int) -> None:
        """Notes a point that the tracker is being told of."""
        if self._file is not None:
            with self._lock:
                self._points.append(Point(values, step))
                self.told += 1

    def confirm(self, told: int, epoch: int | None = None) -> None:
        """Notes that the tracker has the first points safely, so many of those `told`, and the epochs so far."""
        with self._lock:
            while self._points and self.told - len(self._points) < told:
                self._points.popleft()
        self.epochs = self.epochs if epoch is None else epoch
        self.save()

    def save(self, run: str | None = None) -> None:
        """Writes the file, with the id of the run if that has become known."""
        self.run = run or self.run
        if self._file is None:
            return
        with self._writing, may_be_lost(self._file.name):
            with self._lock:  # and no longer: the training adds points while the disk takes its time
                points = list(self._points)
            known = {"run": self.run, "epochs": self.epochs, "points": points}
            text = json.dumps(known, default=_plain).encode()
            atomic_write(self._file, lambda file: file.write(text))


def _read(file: Path | None) -> tuple[str | None, int, list[Point]]:
    """What stands in the file of a record; nothing where there is none, or another program's."""
    try:
        known: Any = json.loads(file.read_text("utf-8")) if file is not None else {}
        points = [Point(dict(values), int(step)) for values, step in known.get("points", ())]
        return known.get("run"), int(known.get("epochs", 0)), points
    except (OSError, ValueError, TypeError, AttributeError):
        return None, 0, []


def _plain(value: Any) -> Any:
    """A number of another library as Python's own; what is none for JSON as text."""
    return value.item() if hasattr(value, "item") else str(value)
