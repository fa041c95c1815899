"""What came of `scaffold new`: for people, with the next steps, or as JSON."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from ..build.project import Project
from ..data.finding import Finding
from ..template.options import Option
from .own_data import described
from .report import count, size, tree
from .repository import Repository
from .request import Request
from .terminal import fold, paint

SCHEMA = "torch-scaffold/new/1"


@dataclass(frozen=True)
class Lock:
    """How the versions of a project's dependencies are kept, by what is installed here.

    Attributes:
        file: where they are written.
        command: what writes it, in the project's environment.
        sentence: that for people.
    """

    file: str
    command: str
    sentence: str


BY_UV = Lock("uv.lock", "uv lock", "`uv sync` writes uv.lock, with the version of everything: commit it.")
BY_PIP = Lock(
    "requirements.lock",
    "pip freeze --exclude-editable > requirements.lock",
    "Once it runs, `pip freeze --exclude-editable > requirements.lock` keeps the version of everything.",
)


@dataclass(frozen=True)
class Result:
    """A project, where it is or would be, and how it came to be.

    Attributes:
        project: its files.
        directory: where they are, or would be.
        git: whether a repository was asked for.
        written: false for `--dry-run`.
        kept: files of the owner that stay instead of the project's.
        joined: lists of the owner that got the project's lines.
        repository: what came of a wish for a repository.
        finding: what the owner's data led to, if they were named.
        command: the one that makes the same project without questions.
    """

    project: Project
    directory: Path
    git: bool
    written: bool
    kept: Sequence[PurePosixPath]
    joined: Sequence[PurePosixPath]
    repository: Repository | None
    finding: Finding | None
    command: str

    def sizes(self) -> dict[str, int]:
        """Bytes by path."""
        return {str(path): len(file.content) for path, file in self.project.files.items()}

    def next_steps(self) -> list[str]:
        """Commands that bring the project to its first run."""
        paths = self.sizes()
        package = self.project.name.package
        is_here = self.directory.resolve() == Path.cwd()
        steps = [] if is_here else [f"cd {shlex.quote(_word(self.directory))}"]
        by_uv = self.lock() is BY_UV
        if by_uv:
            steps += ["uv sync"]
        elif self.lock():
            steps += ["python -m venv .venv && . .venv/bin/activate", "pip install -e ."]
        if f"src/{package}/train.py" in paths:
            steps += [f"{'uv run ' if by_uv else ''}python -m {package}.train"]
        return steps

    def lock(self) -> Lock | None:
        """How the versions of its dependencies are kept, if it has any."""
        if "pyproject.toml" not in self.sizes():
            return None
        return BY_UV if shutil.which("uv") else BY_PIP

    def text(self) -> str:
        """The report for people."""
        headline = f"{count(len(self.project.files), 'file')}, {size(sum(self.sizes().values()))}"
        if not self.written:
            title = f"Would write '{self.directory}' from {self.project.template}: {headline}."
            return "\n".join([title, *self._on_theirs(), "", tree(self.sizes()), "", *self._command_lines()])
        lines = [paint(fold(f"Wrote '{self.directory}' from {self.project.template}: {headline}."), "green")]
        lines += self._on_theirs()
        lines += [fold(self.repository.sentence)] if self.repository else []
        lines += ["", paint("Next", "bold"), *(f"  {step}" for step in self.next_steps())]
        lines += ["", fold(lock.sentence)] if (lock := self.lock()) else []
        lines += ["", *self._command_lines()]
        return "\n".join(lines)

    def document(self) -> dict[str, object]:
        """The report for programs; it is also a file that `--answers` reads."""
        lock = self.lock()
        return {
            "schema": SCHEMA,
            "directory": str(self.directory),
            "written": self.written,
            "template": self.project.template,
            "source": self.project.origin.source,
            "name": self.project.name.project,
            "package": self.project.name.package,
            "git": self.git,
            "kept": [str(path) for path in self.kept],
            "joined": [str(path) for path in self.joined],
            "repository": self.repository.sentence if self.repository else None,
            "answers": dict(self.project.answers),
            "data": described(self.finding) if self.finding else None,
            "files": [
                {"path": str(path), "size": len(file.content), "layer": file.layer}
                for path, file in self.project.files.items()
            ],
            "next_steps": self.next_steps(),
            "lock": {"file": lock.file, "command": lock.command} if lock else None,
            "command": self.command,
        }

    def _on_theirs(self) -> list[str]:
        """What is said of files that the owner had already."""
        kept, joined = (", ".join(f"'{path}'" for path in paths) for paths in (self.kept, self.joined))
        lines = [fold(f"Your own stays, instead of the project's: {kept}.")] if kept else []
        return lines + ([fold(f"The project's lines stand before your own: {joined}.")] if joined else [])

    def _command_lines(self) -> list[str]:
        return [paint("The same without questions", "bold"), f"  {self.command}"]


def command(request: Request, project: Project, *, templates: Path | None) -> str:
    """The command that makes the same project without questions, quoted for a shell.

    Only what differs from the defaults, and from what this machine says of its user, is said.
    """
    assert request.resolution is not None  # there is a project
    resolution, directory = request.resolution, request.target()
    source = project.origin.source
    words = ["scaffold", "new", _word(directory), "--template", source or project.template]
    is_ours = bool(resolution.layers)
    words += ["--name", project.name.project] if is_ours and project.name.project != directory.name else []
    words += ["--templates", _word(templates)] if templates else []
    for option in resolution.options:
        if project.answers[option.name] != request.suggested.get(option.name, option.default):
            words += _flags(option, project.answers[option.name])
    return shlex.join([*words, *(["--git"] if request.git else []), *([] if is_ours else ["--trust"]), "--yes"])


def _word(path: Path) -> str:
    """The path as a word of a command; a leading hyphen would make it a flag."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _flags(option: Option, value: Any) -> list[str]:
    """The words that give an option this value."""
    words = cast("list[str]", value if option.kind == "multi-choice" else [str(value)])
    if option.flag and words:  # no word at all is what only `--set NAME=` can say
        return [word for each in words for word in (f"--{option.flag}", each)]
    if option.kind == "bool":
        words = ["yes" if value else "no"]
    return ["--set", f"{option.name}={','.join(words)}"]
