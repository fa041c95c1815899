"""What a change does, or would do, to a project: for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .. import __version__
from ..life.outcome import NEEDS_OWNER, Fate
from ..life.owner_files import is_in_runtime
from ..life.revision import Revision
from .report import count, definitions, shown
from .terminal import fold, paint

SCHEMA = "torch-scaffold/change/1"
MOST_NAMED = 12
"""Files that a report names of those that nobody has to look at."""
MEANINGS: Mapping[Fate, str] = {
    Fate.REPLACED: "you had not edited them",
    Fate.ADDED: "new",
    Fate.DELETED: "no longer made, and you had not edited them",
    Fate.MERGED: "your edits and what is new, both",
    Fate.MOVED: "yours, where the templates have it now",
    Fate.LEFT: "no longer made; your edits keep it",
    Fate.BESIDE: "your own stays; the new one is beside it",
    Fate.CONFLICT: "your lines and the new ones clash; both are there, between markers",
}


@dataclass(frozen=True)
class Report:
    """A change of a project.

    Attributes:
        command: that makes it: `update`, `set`, `add`, `remove`.
        revision: what it does.
        applied: whether it has happened.
    """

    command: str
    revision: Revision
    applied: bool

    @property
    def needs_owner(self) -> bool:
        """Whether something is left that only the owner can settle."""
        return bool(self.revision.outcome.paths(*NEEDS_OWNER) or self.revision.lost_imports)

    def text(self) -> str:
        """The report for people."""
        if self.revision.outcome.is_empty:
            blocks = ["Nothing to do: the project is as it would be made now, but for your edits."]
        else:
            blocks = [self._headline(), *self._answer_lines(), *(self._block(fate) for fate in MEANINGS)]
        return "\n".join(filter(None, [*blocks, self._kept(), self._lost(), self._next()]))

    def document(self) -> dict[str, object]:
        """The report for programs; `docs/json.md` describes it."""
        before, files = self.revision.before, self.revision.outcome.files
        return {
            "schema": SCHEMA,
            "command": self.command,
            "project": str(before.folder),
            "template": before.record.origin.template,
            "made_by": before.record.version,
            "version": __version__,
            "applied": self.applied,
            "needs_you": self.needs_owner,
            "answers": dict(self.revision.project.answers),
            "changed_answers": {name: {"from": old, "to": new} for name, (old, new) in self._answers().items()},
            "files": [
                {
                    "path": str(path),
                    "fate": each.fate.value,
                    "at": str(each.at) if each.at else None,
                    "came_from": str(each.came_from) if each.came_from else None,
                    "conflicts": each.num_conflicts,
                }
                for path, each in files.items()
                if each.fate is not Fate.KEPT
            ],
            "kept_requirements": [
                {"path": str(path), "list": kept.place, "yours": kept.yours, "new": kept.new}
                for path, each in files.items()
                for kept in each.kept
            ],
            "lost_imports": {str(path): list(lost) for path, lost in self.revision.lost_imports.items()},
        }

    def _headline(self) -> str:
        record, folder = self.revision.before.record, self.revision.before.folder
        where = f"'{folder.resolve().name}'" if folder == Path() else f"'{folder}'"
        versions = f" from {record.version} to {__version__}" if record.version != __version__ else ""
        verb = "Changed" if self.applied else "Would change"
        line = fold(f"{verb} {where}{versions}.")
        return paint(line, "green") if self.applied else line

    def _answers(self) -> dict[str, tuple[Any, Any]]:
        """Answers that differ from the project's former ones."""
        old, new = self.revision.before.record.origin, self.revision.project.origin
        names = dict.fromkeys([*old.answers, *new.answers])
        found = {name: (old.answers.get(name), new.answers.get(name)) for name in names}
        if self.command == "update":  # that a default came along is no news
            found = {name: (was, now) for name, (was, now) in found.items() if was is not None}
        return {name: (was, now) for name, (was, now) in found.items() if was != now and [was] != now}

    def _answer_lines(self) -> list[str]:
        def told(answer: Any) -> str:
            return "none" if answer is None else shown(answer)  # there was no such question, or is none any more

        return [f"  {name}: {told(was)} -> {told(now)}" for name, (was, now) in self._answers().items()]

    def _block(self, fate: Fate) -> str:
        paths = self.revision.outcome.paths(fate)
        if not paths:
            return ""
        title = f"{paint(fate.value, 'bold')} ({count(len(paths), 'file')}): {MEANINGS[fate]}"
        if fate in (Fate.REPLACED, Fate.ADDED, Fate.DELETED):
            return f"{title}\n" + "\n".join(f"  {line}" for line in self._shortened(paths))
        return f"{title}\n" + "\n".join(f"  {self._with_place(path)}" for path in paths)

    def _shortened(self, paths: Iterable[PurePosixPath]) -> list[str]:
        """Names of files, but the runtime's counted."""
        package = self.revision.before.package
        paths = list(paths)
        own = [str(path) for path in paths if not is_in_runtime(path, package)]
        lines = own if len(own) <= MOST_NAMED else [*own[: MOST_NAMED - 1], f"and {len(own) - MOST_NAMED + 1} more"]
        copied = len(paths) - len(own)
        return lines + ([f"src/{package}/runtime/ ({count(copied, 'file')})"] if copied else [])

    def _with_place(self, path: PurePosixPath) -> str:
        each = self.revision.outcome.files[path]
        notes = [f"it is in {each.at}"] if each.at else []
        notes += [f"was {each.came_from}"] if each.came_from else []
        notes += [count(each.num_conflicts, "conflict")] if each.num_conflicts else []
        return f"{path}" + (f" ({', '.join(notes)})" if notes else "")

    def _lost(self) -> str:
        rows = [(str(path), " ".join(lost)) for path, lost in self.revision.lost_imports.items()]
        return f"{paint('imports that lead nowhere', 'bold')}\n{definitions(rows, indent=2)}" if rows else ""

    def _kept(self) -> str:
        """Requirements that are as the owner has them, and what the templates have."""
        files = self.revision.outcome.files
        rows = [
            (each.yours or "(removed)", f"the templates have {each.new}" if each.new else "the templates have none")
            for path in files
            for each in files[path].kept
        ]
        title = f"{paint('requirements', 'bold')} that you changed, too: yours stay"
        return f"{title}\n{definitions(rows, indent=2)}" if rows else ""

    def _next(self) -> str:
        if not self.applied or not self.revision.outcome.paths(*NEEDS_OWNER):
            return ""
        return "\n" + fold("Settle what clashes, then `scaffold update --continue`; `--abort` puts every byte back.")
