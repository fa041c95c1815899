"""Answers from a file: what `--answers FILE` reads.

A file says what the flags say: `template` (and its `source`, if it is from elsewhere), `name`, `git`, and the options
in a table `answers`. The
JSON that `scaffold new --json` prints and a project's own `.scaffold/project.toml` are such files, so
a project can be made again from either; what else those two hold is skipped.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ..errors import UsageError, nearest

KEYS: Mapping[str, type] = {"template": str, "source": str, "name": str, "git": bool, "answers": dict}
SKIPPED = frozenset(
    {
        "schema",
        "lock",
        "directory",
        "package",
        "written",
        "files",
        "kept",
        "joined",
        "next_steps",
        "repository",
        "command",
    }
    | {"version", "ruff", "seal", "hashes", "data", "help"}
)
"""Keys that `scaffold new --json` and `.scaffold/project.toml` hold beside the answers."""
TYPE_NAMES: Mapping[type, str] = {str: "a string", bool: "true or false", dict: "a table"}


class AnswersFileError(UsageError):
    """A file of answers that cannot be read, parsed or understood."""


@dataclass(frozen=True)
class Answers:
    """What a file of answers says; `None` is what it does not say."""

    template: str | None = None
    source: str | None = None
    name: str | None = None
    git: bool | None = None
    answers: Mapping[str, object] = field(default_factory=dict[str, object])

    def over(self, other: Answers) -> Answers:
        """These, and of another file what they do not say beside the options' answers."""
        template, source = (self.template, self.source) if self.template else (other.template, other.source)
        name, git = self.name or other.name, other.git if self.git is None else self.git
        return Answers(template, source, name, git, self.answers)


def read_answers(path: Path) -> Answers:
    """The answers in a TOML or JSON file.

    Raises:
        AnswersFileError: the file cannot be read, is neither TOML nor JSON, or holds an unknown key.
    """
    document = _parse(path, _read(path))
    said = {key: value for key, value in document.items() if value is not None}  # null is what it does not say
    for key, value in said.items():
        _check(path, key, value)
    return Answers(**{key: value for key, value in said.items() if key in KEYS})


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    raise AnswersFileError(
        f"The answers file '{path}' cannot be read: {reason}.", "`--answers` takes a TOML or JSON file."
    )


def _parse(path: Path, text: str) -> dict[str, Any]:
    form, parse = ("JSON", json.loads) if _looks_like_json(path, text) else ("TOML", tomllib.loads)
    try:
        document: object = parse(text)
    except ValueError as error:  # both parsers' errors are ValueErrors
        raise AnswersFileError(
            f"The answers file '{path}' is not valid {form}: {error}.",
            "`scaffold new --dry-run --json` prints a file of answers to start from.",
        ) from None
    if not isinstance(document, dict):
        raise AnswersFileError(
            f"The answers file '{path}' must hold a table of answers, and holds {document!r}.",
            "`scaffold new --dry-run --json` prints a file of answers to start from.",
        )
    return cast("dict[str, Any]", document)


def _looks_like_json(path: Path, text: str) -> bool:
    return path.suffix == ".json" or (path.suffix != ".toml" and text.lstrip().startswith("{"))


def _check(path: Path, key: str, value: object) -> None:
    if key in SKIPPED:
        return
    if key not in KEYS:
        near = nearest(key, KEYS)
        meant = f"Did you mean '{near}'? " if near else ""
        raise AnswersFileError(
            f"The answers file '{path}' has an unknown key '{key}'.",
            f"{meant}The keys are 'template', 'name', 'git' and the table 'answers' with the options.",
        )
    if not isinstance(value, KEYS[key]):
        raise AnswersFileError(
            f"'{key}' in the answers file '{path}' must be {TYPE_NAMES[KEYS[key]]}, and is {value!r}.",
            "`scaffold new --dry-run --json` prints a file of answers to start from.",
        )
