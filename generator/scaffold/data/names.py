"""The names below a folder: all of them, read once, before any content is looked at."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from .finding import Tick

MOST_FILES = 2_000_000
"""Above it the rest is not looked at, and that is said."""
SPLITS = ("train", "val", "test")
OTHER_NAMES = {"training": "train", "valid": "val", "validation": "val", "dev": "val", "testing": "test"}
"""What others call the splits."""


@dataclass(frozen=True)
class Names:
    """Visible files by folder, as paths below the root with forward slashes.

    Attributes:
        root: the folder.
        folders: of each folder (the root is "") the names of its files, sorted.
        whole: whether it is all there is.
        closed: folders that may not be looked into.
    """

    root: Path
    folders: Mapping[str, Sequence[str]]
    whole: bool = True
    closed: Sequence[str] = ()

    @cached_property
    def _children(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in filter(None, self.folders):
            parent, _, name = path.rpartition("/")
            found[parent].append(name)
        return found

    def children(self, folder: str = "") -> Sequence[str]:
        """The names of the folders in a folder."""
        return self._children.get(folder, ())

    def below(self, folder: str = "") -> Iterator[str]:
        """All files below a folder, as paths from the root."""
        waiting = [folder]
        while waiting:
            path = waiting.pop()
            before = f"{path}/" if path else ""
            yield from (before + name for name in self.folders.get(path, ()))
            waiting += [before + child for child in reversed(self.children(path))]

    def suffixes(self) -> Counter[str]:
        """How many files have each suffix, in lower case."""
        return Counter(PurePosixPath(name).suffix.lower() for names in self.folders.values() for name in names)


def read_names(root: Path, tick: Tick) -> Names:
    """All visible names below a folder, following links, in the order of the alphabet.

    Hidden ones (`.DS_Store`, `._1.png`, `.ipynb_checkpoints/`) are passed over, and so is what Python leaves.
    """
    folders: dict[str, list[str]] = {}
    closed: list[str] = []
    seen: set[tuple[int, int]] = set()
    num_files = 0
    for place, below, names in os.walk(root, onerror=lambda error: closed.append(error.filename), followlinks=True):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in seen:  # a link that leads back
            below.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        below[:] = sorted(name for name in below if _is_visible(name))
        relative = os.path.relpath(place, root).replace(os.sep, "/")
        folders["" if relative == "." else relative] = sorted(name for name in names if _is_visible(name))
        num_files += len(names)
        tick(f"{num_files:,} files")
        if num_files > MOST_FILES:
            return Names(root, folders, whole=False, closed=closed)
    return Names(root, folders, closed=closed)


def without_wrapping(names: Names) -> Names:
    """What lies in a folder's only folder, as archives unpack: `photos/photos/cat/1.png`."""
    while not names.folders.get("") and len(children := names.children()) == 1 and names.children(children[0]):
        (inner,) = children
        folders = {path[len(inner) + 1 :]: files for path, files in names.folders.items() if path}
        names = replace(names, root=names.root / inner, folders=folders)
    return names


def misnamed_splits(names: Names) -> str | None:
    """What to do about folders whose names mean a split and are not the project's; None if there are none.

    A single one by itself may as well be a class.
    """
    children = names.children()
    misnamed = [name for name in children if name.lower() in OTHER_NAMES]
    if len(misnamed) > 1 or (misnamed and "train" in children):
        told = ", ".join(f"'{name}' to '{OTHER_NAMES[name.lower()]}'" for name in misnamed)
        return f"Rename {told}."
    return None


def _is_visible(name: str) -> bool:
    return name[0] != "." and name not in ("__pycache__", "__MACOSX", "Thumbs.db", "desktop.ini")
