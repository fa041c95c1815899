"""`manifest.json`: what checkpoints a folder holds, how to recognise each, which is newest and which best.

People and programs may read it; nobody needs it. A checkpoint that it does not list, or that has been
replaced since, is judged by the checksums inside the file; so a kill between a checkpoint and its line
here loses nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from threading import RLock
from typing import Any, cast

from .atomic_write import atomic_write
from .checkpoint_error import NewerCheckpointError

FILENAME = "manifest.json"
FORMAT = 1

_writing = RLock()  # several handlers and background writers of this process share a folder


@dataclass(frozen=True)
class Entry:
    """One checkpoint.

    Attributes:
        num_bytes: its size.
        sha256: of the whole file.
        modified_ns: when the file was written, as the file system says.
        objects: names of what it holds.
        series: what the names of its fellows begin with; one handler rotates one series.
        priority: higher is kept longer: the global step, or the score.
        score_name: what the priority is, if it is a score.
    """

    num_bytes: int
    sha256: str
    modified_ns: int
    objects: tuple[str, ...] = ()
    series: str = ""
    priority: float | None = None
    score_name: str | None = None


class Manifest:
    """The entries of a folder by file name, in the order in which they were saved."""

    def __init__(self, entries: dict[str, Entry] | None = None) -> None:
        self.entries = entries or {}

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """What the folder's file says; nothing if there is none or it is damaged.

        Raises:
            NewerCheckpointError: a later version wrote it.
        """
        path = folder / FILENAME
        try:
            content: Any = json.loads(path.read_bytes())
            found: int = content["format"]
            if found > FORMAT:
                raise NewerCheckpointError(path, found=found, known=FORMAT)
            return cls({name: _entry(values) for name, values in content["checkpoints"].items()})
        except FileNotFoundError:
            return cls()
        except (ValueError, KeyError, TypeError, AttributeError):
            logging.getLogger(__name__).warning("'%s' is damaged; each checkpoint is judged by itself.", path)
            return cls()

    def to_json(self) -> str:
        """The text of the file."""
        content = {
            "format": FORMAT,
            "latest": next(reversed(self.entries), None),
            "best": dict(self._best()),
            "checkpoints": {name: asdict(entry) for name, entry in self.entries.items()},
        }
        return json.dumps(content, indent=2, default=float) + "\n"

    def _best(self) -> Iterator[tuple[str, str]]:
        scored = [(entry.priority or 0.0, name, entry) for name, entry in self.entries.items() if entry.score_name]
        for _, name, entry in sorted(scored, key=lambda item: item[0]):
            yield cast(str, entry.score_name), name


def update(folder: Path, change: Callable[[dict[str, Entry]], object]) -> None:
    """Changes the entries of a folder's manifest, atomically."""
    with _writing:
        manifest = Manifest.read(folder)
        change(manifest.entries)
        text = manifest.to_json().encode()
        atomic_write(folder / FILENAME, lambda file: file.write(text))


def _entry(values: dict[str, Any]) -> Entry:
    known: dict[str, Any] = {field.name: values[field.name] for field in fields(Entry) if field.name in values}
    known["objects"] = tuple(values.get("objects", ()))
    return Entry(**known)
