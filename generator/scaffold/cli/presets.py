"""`--preset NAME`: answers that go together, by a name; what a template has no question for does not count.

`minimal`, `research` and `production` come with this tool; a user's own are files of answers (see `answers_file`) in
`~/.config/torch-scaffold/presets/`, and go first.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import unknown
from ..foreign.trust import config_folder
from ..template.catalog import Catalog, own_templates
from ..template.resolve import resolve
from .answers_file import Answers, read_answers


def read_preset(name: str) -> Answers:
    """What a preset says.

    Raises:
        UsageError: there is none of this name, or its file cannot be read.
    """
    files = preset_files()
    if name not in files:
        raise unknown("preset", name, files, listing=f"There are {', '.join(sorted(files))}.")
    return read_answers(files[name])


def preset_files() -> dict[str, Path]:
    """The presets that there are, by name."""
    folders = (own_templates() / "presets", config_folder() / "presets")
    return {file.stem: file for folder in folders for file in sorted(folder.glob("*.toml"))}


def preset_help(file: Path) -> str:
    """A line on what a preset is for, if it has one."""
    try:
        return str(tomllib.loads(file.read_text(encoding="utf-8")).get("help", ""))
    except (OSError, ValueError):
        return ""


def fitting(catalog: Catalog, template: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a preset's answers that a template has a question for."""
    if not answers:
        return {}
    given = resolve(catalog, template, answers, strict=False).given
    return {name: value for name, value in answers.items() if name in given}
