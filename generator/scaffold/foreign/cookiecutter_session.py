"""A template of cookiecutter's, as one of ours: options with values, and files.

All of its code runs in a process of its own, which `cookiecutter_program` is: with a home that is removed afterwards,
and the user's own only by what they set for every template (`~/.cookiecutterrc`, and who git says they are).
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ..build.names import LONGEST, ProjectName, project_name
from ..build.project import ProjectFile
from ..errors import TemplateError, UsageError, unknown
from ..template.catalog import Catalog
from ..template.options import Choice, Option, read_answer
from ..template.resolution import Resolution
from .rendered import collect
from .source import Source

PROGRAM = Path(__file__).with_name("cookiecutter_program.py")
INSTALL = "Install it: `pip install 'torch-scaffold[cookiecutter]'`."
AUTHORS = {
    "user.name": ("full_name", "author_name", "author", "maintainer", "your_name"),
    "user.email": ("email", "author_email", "maintainer_email", "your_email"),
}
"""What templates call what git knows of their user."""
LONGEST_NAME = LONGEST - len("-project")
NAMES = ("project_name", "repo_name", "project_slug", "name")
"""What they call what `scaffold new NAME` says; the first that there is."""


@dataclass(frozen=True)
class CookiecutterResolution(Resolution):
    """What was answered, and what follows from it.

    Attributes:
        folder_name: what the template calls the project's folder.
        session: the template, which renders it.
    """

    folder_name: str = field(kw_only=True)
    session: Cookiecutter = field(kw_only=True, repr=False, compare=False)

    def render(self) -> dict[PurePosixPath, ProjectFile]:
        """The project's files, by their paths in it.

        Raises:
            TemplateError: the template fails, or writes what no project may have.
        """
        return self.session.render(self)


class Cookiecutter:
    """A template in its process.

    Args:
        folder: where its `cookiecutter.json` is.
        source: where it was brought from.
        process: which answers requests.
    """

    def __init__(self, folder: Path, source: Source, process: subprocess.Popen[str]) -> None:
        self._catalog = Catalog(folder, (), places={source.name: source.text})
        self._name = source.name
        self._process = process

    def resolve(self, answers: Mapping[str, Any], *, strict: bool = True) -> CookiecutterResolution:
        """Values for all questions: the answers, and defaults for the rest, which follow from the answers.

        Args:
            answers: by the questions' names; a `Said` is read as its question's kind.
            strict: whether an answer that does not fit is refused; else it is passed over.

        Raises:
            UsageError: an answer that fits no question.
            TemplateError: the template does not render its own defaults.
        """
        taken: dict[str, Any] = {}
        looked_at: set[str] = set()
        while True:
            reply = self._request({"answers": taken})
            options = [_option(question) for question in reply["questions"]]
            new = next((each for each in options if each.name in answers and each.name not in looked_at), None)
            if new is None:
                break
            looked_at.add(new.name)
            try:
                taken[new.name] = _read(new, answers[new.name], reply["questions"][options.index(new)])
            except UsageError:
                if strict:
                    raise
        values = {option.name: question["value"] for option, question in zip(options, reply["questions"], strict=True)}
        for name in answers if strict else ():
            if name not in values:
                raise unknown("option", name, values, listing=f"'{self._name}' asks for {', '.join(values)}.")
        return CookiecutterResolution(
            self._catalog,
            self._name,
            tuple(options),
            {name: _plain(value) for name, value in values.items()},
            frozenset(taken),
            (),
            folder_name=reply["name"],
            session=self,
        )

    def named(self, name: str, answers: Mapping[str, Any]) -> dict[str, Any]:
        """The answers, with the project's name for the first question that asks for it and is not answered."""
        asked = [option.name for option in self.resolve(answers, strict=False).options if option.kind == "str"]
        question = next((each for each in NAMES if each in asked), None)
        return {**({question: name} if question else {}), **answers}

    def render(self, resolution: Resolution) -> dict[PurePosixPath, ProjectFile]:
        """The project's files, by their paths in it.

        Raises:
            TemplateError: the template fails, or writes what no project may have.
        """
        answers = {option.name: resolution.values[option.name] for option in resolution.options}
        with tempfile.TemporaryDirectory(prefix="scaffold-", ignore_cleanup_errors=True) as into:
            folder = self._request({"answers": answers, "into": str(Path(into).resolve())})["folder"]
            return collect(Path(folder), self._name)

    def _request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            reply: dict[str, Any] = json.loads(
                self._process.stdout.readline() or '{"error": "its code ended the program"}'
            )
        except (OSError, ValueError):
            reply = {"error": "its code ended the program"}
        if "error" in reply:
            said = reply["error"].strip().rstrip(".")
            raise TemplateError(f"'{self._name}' cannot be rendered: {said}.", "Tell its author, or answer otherwise.")
        return reply


@contextmanager
def opened(folder: Path, source: Source) -> Generator[Cookiecutter]:
    """A template whose user agreed to run its code, as long as the context lasts.

    Raises:
        UsageError: cookiecutter is not installed.
    """
    if importlib.util.find_spec("cookiecutter") is None:
        raise UsageError(f"'{source.text}' is a template of cookiecutter, which is not installed.", INSTALL)
    config = os.environ.get("COOKIECUTTER_CONFIG") or os.path.expanduser("~/.cookiecutterrc")
    authors = _authors()
    with tempfile.TemporaryDirectory(prefix="scaffold-", ignore_cleanup_errors=True) as home:
        process = subprocess.Popen(
            [sys.executable, "-P", PROGRAM, folder, json.dumps(authors), config if Path(config).is_file() else ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=home,
            env=_environment(home, authors),
            start_new_session=True,  # Ctrl-C is ours to answer; hooks end with their program
        )
        try:
            yield Cookiecutter(folder, source, process)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def recorded_name(folder_name: str) -> ProjectName:
    """The name that a project's record has, whatever its template calls its folder: nothing imports it."""
    plain = re.sub(r"[^a-z0-9]+", "-", folder_name.lower()).strip("-").lstrip("0123456789-")[:LONGEST_NAME].rstrip("-")
    try:
        return project_name(plain or "project")
    except UsageError:  # the name of a module, say
        return project_name(f"{plain}-project")


def _environment(home: str, authors: Mapping[str, str]) -> dict[str, str]:
    """The user's, in a home of its own; what a hook commits is still by them."""
    ours = {"HOME": home, "USERPROFILE": home, "TMPDIR": home, "GIT_CONFIG_NOSYSTEM": "1"}
    name, email = authors.get("full_name"), authors.get("email")
    ours |= {f"GIT_{who}_NAME": name for who in ("AUTHOR", "COMMITTER") if name}
    ours |= {f"GIT_{who}_EMAIL": email for who in ("AUTHOR", "COMMITTER") if email}
    return {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "GIT_"))} | ours


def _authors() -> dict[str, str]:
    """Who git says that the user is, by the names that templates ask it by."""
    if shutil.which("git") is None:
        return {}
    found: dict[str, str] = {}
    for key, names in AUTHORS.items():
        done = subprocess.run(["git", "config", "--get", key], capture_output=True, text=True, check=False)
        found |= dict.fromkeys(names, done.stdout.strip()) if done.stdout.strip() else {}
    return found


def _option(question: Mapping[str, Any]) -> Option:
    kind = "str" if question["kind"] == "dict" else question["kind"]
    return Option(
        name=question["name"],
        kind=kind,
        default=_plain(question["default"]),
        help=question["prompt"] or f"What the template calls `{question['name']}`.",
        choices=tuple(Choice(name, meaning) for name, meaning in question["choices"]),
    )


def _read(option: Option, answer: Any, question: Mapping[str, Any]) -> Any:
    """The value that an answer stands for; that of a table is the text of its JSON."""
    value = read_answer(option, _plain(answer))
    if question["kind"] == "dict":
        try:
            table: object = json.loads(value)
        except ValueError:
            table = None
        if not isinstance(table, dict):
            raise UsageError(
                f"'{option.name}' should be a JSON object, got {value!r}.", f"For example `{option.default}`."
            )
    return value


def _plain(value: Any) -> Any:
    """A value as options have it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
