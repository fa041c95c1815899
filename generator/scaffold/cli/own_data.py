"""`--data PATH`: looks at somebody's data, asks what they do not say, and shows what was found."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .report import WIDEST_TEXT
from .terminal import paint, progress, width

if TYPE_CHECKING:
    from ..data.finding import Finding, Unclear


def look_at(path: Path, *, template: str | None, said: Mapping[str, str], asks: bool) -> Finding:
    """What is at a path.

    Args:
        path: a folder or a file.
        template: the one that was asked for, if any.
        said: options that were answered by words.
        asks: whether a person can be asked which column is meant.

    Raises:
        UsageError: nothing that a project can read; or one more answer is needed, and nobody can be asked.
    """
    from ..data.finding import Unclear
    from ..data.inspect import inspect  # brings Pillow

    while True:
        try:
            with progress(f"Looking at '{path}'") as tick:
                return inspect(path, template=template, said=said, tick=tick)
        except Unclear as question:
            if not asks:
                raise
            said = {**said, question.option: _ask(question)}


def _ask(question: Unclear) -> str:
    from .questions import ask_one, label

    return ask_one(label(question.option), question.rows, help=question.message, default=question.rows[-1][0])


def found(path: Path | None, finding: Finding) -> str:
    """What was found, for people: what there is, what had better be mended, and what was chosen for it."""
    parts = [paint(f"Found in '{path}'", "bold"), *_items(finding.seen)]
    if finding.problems:
        parts += [paint("To mend before training", "red"), *_items(finding.problems)]
    chosen = [f"{name}={_shown(value)}" for name, value in finding.answers.items() if name != "data_path"]
    return "\n".join([*parts, paint("So", "bold"), *_items([f"{finding.template}, with {', '.join(chosen)}."])])


def described(finding: Finding) -> dict[str, object]:
    """What was found, for programs."""
    return {
        "template": finding.template,
        "answers": dict(finding.answers),
        "seen": list(finding.seen),
        "problems": list(finding.problems),
        "classes": dict(finding.classes),
    }


def _shown(value: object) -> str:
    return ",".join(cast("list[str]", value)) if isinstance(value, list) else str(value)


def _items(sentences: Iterable[str]) -> list[str]:
    columns = min(width(), WIDEST_TEXT)
    return [
        textwrap.fill(text, columns, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
        for text in sentences
    ]
