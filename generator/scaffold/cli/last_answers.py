"""What a person answered last, offered again the next time: kept in their configuration's folder, template by template.

Only the dialogue reads it, and shows each answer before it counts; with `--yes`, `--json`, `--fresh` or without a
terminal it is as if there were none. Nothing depends on it: what cannot be read or written is passed over.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..foreign.trust import config_folder

if TYPE_CHECKING:
    from ..template.resolution import Resolution


@dataclass(frozen=True)
class LastAnswers:
    """Answers by template.

    Attributes:
        template: the one that was chosen last, if any was.
        git: whether a repository was wanted.
        answers: of each template, by its place if it is from elsewhere, the answers to its options.
    """

    template: str | None = None
    git: bool = False
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def of(self, resolution: Resolution) -> Mapping[str, Any]:
        """Those of one template."""
        return self.answers.get(_key(resolution), {})

    def shown(self, resolution: Resolution) -> dict[str, Any]:
        """Those that the summary shows and no question asks for."""
        own = self.of(resolution)
        silent = [option.name for option in resolution.options if option.summary and not option.ask]
        return {name: own[name] for name in silent if name in own}


def read_last_answers() -> LastAnswers:
    """What is kept; nothing if there is nothing, or something else."""
    try:
        document: Any = json.loads(_file().read_text(encoding="utf-8"))
        answers = {str(name): dict(own) for name, own in document["answers"].items()}
        return LastAnswers(cast("str | None", document["template"]), bool(document["git"]), answers)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return LastAnswers()


def keep_last_answers(resolution: Resolution, *, git: bool | None, suggested: Mapping[str, Any]) -> None:
    """Keeps the answers to what is asked and shown; of two projects at once, those of the later one.

    Args:
        resolution: the template, and what was answered.
        git: whether a repository was wanted; None if that was no question.
        suggested: what the machine says anyway, which is not kept: it may say something else the next time.
    """
    known, values = read_last_answers(), resolution.values
    names = [option.name for option in resolution.options if option.ask or option.summary]
    own = {name: values[name] for name in names if values[name] != suggested.get(name)}
    document = {
        "template": resolution.template,
        "git": known.git if git is None else git,
        "answers": {**known.answers, _key(resolution): own},
    }
    with suppress(OSError):
        file = _file()
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # names and paths: nobody else's
            with open(descriptor, "w", encoding="utf-8") as stream:
                stream.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
            os.replace(new, file)
        finally:
            new.unlink(missing_ok=True)


def _key(resolution: Resolution) -> str:
    return resolution.catalog.places.get(resolution.template, resolution.template)


def _file() -> Path:
    return config_folder() / "last-answers.json"
