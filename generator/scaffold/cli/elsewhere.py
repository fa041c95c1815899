"""`--template gh:org/repo` and the like: whether their code may run, and what is asked of cookiecutter's."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..life.theirs import check_target
from ..template.options import Said
from .request import Flags, Request, tidy

if TYPE_CHECKING:
    from ..foreign.cookiecutter_session import Cookiecutter
    from ..foreign.opening import Agree, Place
    from ..life.record import Record
    from ..template.resolution import Resolution


def asked(named: str | None, *, trust: bool, asks: bool) -> Agree:
    """Whether the code of a template from elsewhere may run: said by `--trust`, or by a person who is asked.

    Args:
        named: the place.
        trust: whether `--trust` is said.
        asks: whether a person can be asked.
    """
    return lambda what: trust or (asks and _ask_for_trust(str(named), what)) or _refuse(str(named), what, asks=asks)


def _ask_for_trust(named: str, what: str) -> bool:
    from .questions import ask_yes_no

    return ask_yes_no("Trust", help=f"'{named}' runs code on this machine: {what}. Let it?", default=False)


def _refuse(named: str, what: str, *, asks: bool) -> bool:
    if asks:
        return False
    raise UsageError(
        f"'{named}' runs code on this machine: {what}.", "Look at it first. Then say `--trust`, if you agree to that."
    )


@dataclass(frozen=True)
class CookiecutterRequest(Request):
    """A project that is asked for of a template of cookiecutter's, which says itself what the project is called."""

    cookiecutter: Cookiecutter = field(kw_only=True)
    named_by_answers = True

    def spelt(self, name: str) -> str:
        """The name as it is: none of our modules is in the project."""
        return name

    def target(self) -> Path:
        """Where the project goes; the template's own name for the folder, as it is."""
        return self.directory or Path(self.name or "")

    def with_answer(self, name: str, value: Any) -> Request:
        """The request with a question answered; defaults that follow from it follow."""
        said = {**self.said, name: value}
        resolution = self.cookiecutter.resolve(said, strict=False)
        if name not in resolution.given:  # it does not fit: says why
            self.cookiecutter.resolve({each: said[each] for each in said if each in (*resolution.given, name)})
        return replace(self, resolution=resolution, said=said, name=resolution.folder_name)


def cookiecutter_request(place: Place, flags: Flags) -> Request:
    """What flags and file say of a template of cookiecutter's.

    Raises:
        UsageError: something that was given cannot be had.
    """
    assert place.cookiecutter is not None
    refused = [f"--{flag}" for flag in flags.own] + (["--data"] if flags.data else [])
    if refused:
        raise UsageError(
            f"`{refused[0]}` is for templates of torch-scaffold, and '{place.source.text}' is one of cookiecutter's.",
            "`--set KEY=VALUE` answers its questions.",
        )
    if flags.directory is not None:
        check_target(flags.directory)
    file = flags.answers
    preset = place.cookiecutter.resolve(flags.preset, strict=False) if flags.preset else None
    fitting = {name: flags.preset[name] for name in preset.given} if preset else {}
    answers: Mapping[str, Any] = {**fitting, **file.answers, **{name: Said(text) for name, text in flags.texts.items()}}
    name = flags.name or file.name or (flags.directory.resolve().name if flags.directory else None)
    answers = place.cookiecutter.named(name, answers) if name else answers
    resolution = place.cookiecutter.resolve(answers)
    return CookiecutterRequest(
        resolution.catalog,
        directory=tidy(flags.directory) if flags.directory else None,
        name=resolution.folder_name,
        git=flags.git if flags.git is not None else file.git,
        resolution=resolution,
        said={name: resolution.values[name] for name in resolution.given},
        cookiecutter=place.cookiecutter,
    )


@contextmanager
def resolved_by_layers(record: Record, templates: Path | None, folder: Path) -> Generator[Resolution]:
    """What follows today from a project's answers, if its template has parts; no code of another template runs.

    Raises:
        UsageError: its template cannot be had, has changed too much, or is one of cookiecutter's.
        TemplateError: the template is hostile.
    """
    from ..foreign.templates import open_templates
    from ..life.record import resolve_again

    def refuse(_: str) -> bool:  # only asked of what runs code
        raise _no_parts(record)

    with open_templates(record.origin.source, templates, refuse) as there:
        if there.place is not None and there.place.catalog is None:
            raise _no_parts(record)
        yield resolve_again(record, there.catalog, folder)


def _no_parts(record: Record) -> UsageError:
    return UsageError(
        f"'{record.origin.source}' is a template of cookiecutter's, and has no parts to add.",
        "Change its answers by `scaffold set KEY=VALUE`; `scaffold status --json` has them.",
    )
