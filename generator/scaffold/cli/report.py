"""How things look: columns of names and explanations, sizes, trees of files, JSON.

All of it is text in and text out. A tree is drawn by indentation alone, so it looks the same in every
encoding and survives copying.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, cast

from ..errors import count as count
from ..errors import several as several
from .terminal import paint, say, width

NARROW = 60
"""Below this many columns, an explanation goes under its name instead of beside it."""
WIDEST_TEXT = 100
"""Lines longer than this are hard to read, however wide the terminal is."""


def definitions(rows: Iterable[tuple[str, str]], *, indent: int = 0) -> str:
    """Names and what they mean, in two columns that fit the terminal.

    Args:
        rows: names and explanations; an explanation may be empty.
        indent: spaces before every line.
    """
    rows = list(rows)
    longest = max((len(name) for name, _ in rows), default=0)
    available = min(width(), WIDEST_TEXT)
    if available < NARROW or longest > available // 2:
        return "\n".join(_stacked(name, meaning, indent, available) for name, meaning in rows)
    return "\n".join(_beside(name, meaning, indent, longest, available) for name, meaning in rows)


def _beside(name: str, meaning: str, indent: int, longest: int, available: int) -> str:
    column = indent + longest + 2
    lines = textwrap.wrap(meaning, available - column, break_on_hyphens=False) or [""]
    first = " " * indent + paint(name, "cyan") + " " * (longest + 2 - len(name)) + lines[0]
    return "\n".join([first.rstrip(), *(" " * column + line for line in lines[1:])])


def _stacked(name: str, meaning: str, indent: int, available: int) -> str:
    below = textwrap.wrap(meaning, available - indent - 2, break_on_hyphens=False)
    return "\n".join([" " * indent + paint(name, "cyan"), *(" " * (indent + 2) + line for line in below)])


def paragraph(text: str, *, indent: int = 0) -> str:
    """A text broken into lines that fit the terminal; its own paragraphs stay apart."""
    columns = min(width(), WIDEST_TEXT) - indent
    blocks = [" ".join(block.split()) for block in text.strip().split("\n\n")]
    wrapped = ("\n".join(textwrap.wrap(block, columns, break_on_hyphens=False)) for block in blocks)
    return textwrap.indent("\n\n".join(wrapped), " " * indent)


def size(num_bytes: int) -> str:
    """A file's size as people say it.

    Example:
        >>> size(0), size(999), size(1234), size(2_500_000)
        ('0 B', '999 B', '1.2 kB', '2.5 MB')
    """
    if num_bytes < 1000:
        return f"{num_bytes} B"
    return f"{num_bytes / 1000:.1f} kB" if num_bytes < 1_000_000 else f"{num_bytes / 1_000_000:.1f} MB"


def tree(sizes: Mapping[str, int], *, deepest: int | None = None, indent: int = 0) -> str:
    """Files below their folders, each with its size; folders last.

    Args:
        sizes: bytes by path, with forward slashes.
        deepest: folders at this depth are counted, not opened; `None` opens all.
        indent: spaces before every line.
    """
    rows = _tree_rows(sizes, 0, deepest)
    column = max((len(label) for label, _ in rows), default=0) + 2
    return "\n".join(" " * indent + f"{label:<{column}}{note:>8}".rstrip() for label, note in rows)


def _tree_rows(sizes: Mapping[str, int], depth: int, deepest: int | None) -> list[tuple[str, str]]:
    indent = "  " * depth
    rows = [(indent + path, size(sizes[path])) for path in sorted(sizes) if "/" not in path]
    for folder, inside in sorted(_folders(sizes).items()):
        if deepest is not None and depth >= deepest:
            rows.append((f"{indent}{folder}/ ({count(len(inside), 'file')})", size(sum(inside.values()))))
        else:
            rows += [(f"{indent}{folder}/", ""), *_tree_rows(inside, depth + 1, deepest)]
    return rows


def _folders(sizes: Mapping[str, int]) -> dict[str, dict[str, int]]:
    folders: dict[str, dict[str, int]] = {}
    for path, num_bytes in sizes.items():
        folder, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(folder, {})[rest] = num_bytes
    return folders


def shown(value: Any) -> str:
    """An answer as a person would write it.

    Example:
        >>> shown(True), shown(["a", "b"]), shown([]), shown(0.5)
        ('yes', 'a, b', 'none', '0.5')
    """
    if isinstance(value, bool) or value is None:
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(cast("list[str]", value)) or "none"
    return str(value) or "none"


def print_json(document: Mapping[str, object]) -> None:
    """Prints one JSON document on standard output."""
    say(json.dumps(document, indent=2, ensure_ascii=False))
