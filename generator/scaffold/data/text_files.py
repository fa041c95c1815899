"""Text files, whatever is in them: `language-model` with its own texts."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from .finding import Finding, Tick, examples, given, many
from .names import Names
from .pictures import spread

TEMPLATE = "language-model"
NUM_LOOKED = 500
BYTES_LOOKED = 65536
"""Of each file, from its beginning."""
MOSTLY = 0.8
"""From this part of the texts on, those of one suffix are what is meant."""
FEW_BYTES = 200_000
"""Below it a network learns the text by heart."""


def find_text_files(names: Names, tick: Tick) -> Finding | None:
    """What a folder that is mostly text is, or None if it is not."""
    files = list(names.below())
    chosen = spread(files, NUM_LOOKED)
    texts: list[str] = []
    for number, name in enumerate(chosen):
        tick(f"{number:,} of {len(chosen):,} files")
        texts += [name] if is_text(names.root / name) else []
    if len(texts) <= len(chosen) / 2:
        return None
    pattern = _pattern(texts)
    read = [name for name in files if fnmatchcase(PurePosixPath(name).name, pattern)]
    passed_over = len(files) - len(read)
    others = [name for name in sorted(set(chosen) & set(read) - set(texts)) if not _is_empty(names.root / name)]
    looked = " of those that were looked at" if len(chosen) < len(files) else ""
    num_bytes = _num_bytes(names.root, read, tick)
    return Finding(
        TEMPLATE,
        {"dataset": "textfiles", "data_path": str(names.root), "pattern": pattern},
        [
            f"{many(len(read), 'file')} of text ('{pattern}'), {_size(num_bytes)} together.",
            *given(passed_over, f"{many(passed_over, 'other file')} passed over; `--set pattern='*'` takes all."),
        ],
        [
            *given(others, f"{many(len(others), 'file')}{looked} cannot be read as UTF-8 text: {examples(others)}."),
            *_too_little(num_bytes),
        ],
    )


def find_text_file(path: Path) -> Finding | None:
    """What a single file of text is, or None if it is no text."""
    if not is_text(path):
        return None
    num_bytes = path.stat().st_size
    answers = {"dataset": "textfiles", "data_path": str(path)}
    return Finding(TEMPLATE, answers, [f"A file of text, {_size(num_bytes)}."], _too_little(num_bytes))


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


def _is_empty(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0


def _pattern(texts: Sequence[str]) -> str:
    """Which files are meant: those of one suffix if nearly all texts have it, else all."""
    suffix, count = Counter(PurePosixPath(name).suffix for name in texts).most_common(1)[0]
    return f"*{suffix}" if suffix and count >= MOSTLY * len(texts) else "*"


def _too_little(num_bytes: int) -> list[str]:
    few = f"{_size(num_bytes)} is little: a network learns that by heart. Some megabytes are a start."
    return given(num_bytes < FEW_BYTES, few)


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
