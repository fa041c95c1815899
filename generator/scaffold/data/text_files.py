"""Text files, whatever is in them: `language-model` with its own texts."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path

from .finding import Finding, Tick, examples, many
from .names import Names
from .pictures import spread

TEMPLATE = "language-model"
NUM_LOOKED = 500
BYTES_LOOKED = 65536
"""Of each file, from its beginning."""
FEW_BYTES = 200_000
"""Below it a network learns the text by heart."""


def find_text_files(names: Names, tick: Tick) -> Finding | None:
    """What a folder that is mostly text is, or None if it is not."""
    files = list(names.below())
    chosen = spread(files, NUM_LOOKED)
    texts: list[str] = []
    others: list[str] = []
    for number, name in enumerate(chosen):
        tick(f"{number:,} of {len(chosen):,} files")
        (texts if is_text(names.root / name) else others).append(name)
    if not texts or len(texts) < len(chosen) / 2:
        return None
    num_bytes = _num_bytes(names.root, files, tick)
    suffixes = ", ".join(
        f"{count:,} {suffix or 'without a suffix'}" for suffix, count in names.suffixes().most_common(5)
    )
    return _finding(names.root, f"{many(len(files), 'file')} ({suffixes})", num_bytes, others, len(chosen) < len(files))


def find_text_file(path: Path) -> Finding | None:
    """What a single file of text is, or None if it is no text."""
    return _finding(path, "a text file", path.stat().st_size, [], False) if is_text(path) else None


def is_text(path: Path) -> bool:
    """Whether the beginning of a file is UTF-8 without the zeros of binary files; an empty file is no text."""
    try:
        with path.open("rb") as file:
            head = file.read(BYTES_LOOKED)
        # not final where the file goes on: a letter of several bytes may be cut there
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < BYTES_LOOKED)
    except (OSError, UnicodeDecodeError):
        return False
    return bool(text) and "\0" not in text


def _finding(path: Path, what: str, num_bytes: int, others: Sequence[str], sampled: bool) -> Finding:
    problems: list[str] = []
    if others:
        looked = " of those that were looked at" if sampled else ""
        problems.append(
            f"{many(len(others), 'file')}{looked} {'is' if len(others) == 1 else 'are'} no UTF-8 text, or "
            f"empty: {examples(others)}."
        )
    if num_bytes < FEW_BYTES:
        problems.append(f"{_size(num_bytes)} is little: a network learns that by heart. Some megabytes are a start.")
    return Finding(
        TEMPLATE,
        {"dataset": "textfiles", "data_path": str(path)},
        [f"{what[:1].upper()}{what[1:]} of UTF-8 text, {_size(num_bytes)} together."],
        problems,
    )


def _num_bytes(root: Path, files: Sequence[str], tick: Tick) -> int:
    total = 0
    for number, name in enumerate(files):
        if number % 1000 == 0:
            tick(f"{number:,} of {len(files):,} files measured")
        try:
            total += (root / name).stat().st_size
        except OSError:
            continue
    return total


def _size(num_bytes: int) -> str:
    if num_bytes < 1000:
        return f"{num_bytes} bytes"
    return f"{num_bytes / 1e6:.1f} MB" if num_bytes >= 100_000 else f"{num_bytes / 1e3:.1f} kB"
