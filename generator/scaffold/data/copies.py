"""Files of the same content: what is tested must not have been trained on."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .finding import Tick, given
from .pictures import spread

MOST_FILES = 100_000
MOST_BYTES = 512 * 1024 * 1024
"""Read for comparing; files of a size of their own are not read."""


@dataclass(frozen=True)
class Copies:
    """Files that have the same content.

    Attributes:
        groups: of equal files, each of two and more.
        notes: a sentence, if not all files were compared.
    """

    groups: Sequence[Sequence[str]]
    notes: Sequence[str]


def find_copies(root: Path, names: Sequence[str], tick: Tick) -> Copies:
    """The files that are equal; empty files are no copies of each other, and what cannot be read is passed over.

    Args:
        root: the folder.
        names: files in it; if they are many, those that are compared are spread evenly over them.
        tick: hears how far it is.
    """
    compared = spread(names, MOST_FILES)
    by_content: dict[bytes, list[str]] = defaultdict(list)
    num_skipped, budget = len(names) - len(compared), MOST_BYTES
    for size, group in sorted(_by_size(root, compared, tick).items()):
        budget -= size * len(group)
        if budget < 0:
            num_skipped += len(group)
            continue
        tick(f"{len(group):,} files of {size:,} bytes compared")
        for name, digest in _digests(root, group):
            by_content[digest].append(name)
    note = f"Copies were looked for among {len(names) - num_skipped:,} of the {len(names):,} files."
    return Copies([group for group in by_content.values() if len(group) > 1], given(num_skipped, note))


def _by_size(root: Path, names: Sequence[str], tick: Tick) -> dict[int, list[str]]:
    """The files that have others of their size."""
    found: dict[int, list[str]] = defaultdict(list)
    for number, name in enumerate(names):
        if number % 1000 == 0:
            tick(f"{number:,} of {len(names):,} files measured")
        try:
            found[(root / name).stat().st_size].append(name)
        except OSError:
            continue
    return {size: group for size, group in found.items() if size and len(group) > 1}


def _digests(root: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        try:
            content = (root / name).read_bytes()
        except OSError:
            continue
        yield name, hashlib.blake2b(content, digest_size=16).digest()
