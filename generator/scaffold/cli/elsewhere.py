"""`--template gh:org/repo` and the like: where the templates of a command are, and what is asked of cookiecutter's."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..foreign.source import is_elsewhere, read_source
from ..life.record import Record, resolve_again
from ..life.theirs import check_target
from ..template.catalog import Catalog, load_catalog
from ..template.options import Said
from ..template.resolution import Resolution
from .answers_file import Answers
from .request import Flags, Request, tidy

if TYPE_CHECKING:
    from ..foreign.cookiecutter_session import Cookiecutter
    from ..foreign.opening import Place


@dataclass(frozen=True)
class Templates:
    """The templates of a command, as long as they are here.

    Attributes:
        catalog: those of ours.
        template: the one that was asked for, if any.
        place: where they were brought from, if they are from elsewhere.
    """

    catalog: Catalog
    template: str | None
    place: Place | None = None


@contextmanager
def open_templates(
    template: str | None, folder: Path | None, *, file: Answers, trust: bool, asks: bool
) -> Generator[Templates]:
    """The templates that a command means.

    Args:
        template: what `--template` says.
        folder: what `--templates` says.
        file: answers, which may say where a template is from.
        trust: whether its code may run.
        asks: whether a person can be asked about that.

    Raises:
        UsageError: they cannot be had, or may not run.
        TemplateError: they are none, or hostile.
    """
    named = template if template is not None else file.source
    if named is None or not is_elsewhere(named):
        yield Templates(load_catalog(folder), template)
        return
    if folder is not None:
        raise _two_places(named, folder)
    from ..foreign.opening import open_source  # brings what cookiecutter and the network need

    def agree(what: str) -> bool:
        return trust or (asks and _ask_for_trust(named, what)) or _refuse(named, what, asks=asks)

    with open_source(read_source(named), agree) as place:
        yield Templates(place.catalog or load_catalog(), place.template, place)


def _two_places(named: str, folder: Path) -> UsageError:
    return UsageError(f"`--template {named}` is a place, and so is `--templates {folder}`.", "Leave one of them out.")


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
def resolved_again(
    record: Record,
    templates: Path | None,
    folder: Path,
    *,
    answers: Mapping[str, Any] | None = None,
    trust: bool = False,
    asks: bool = False,
) -> Generator[Resolution]:
    """What follows today from the answers that a project was made of, wherever its template is, as long as it is here.

    Args:
        record: what the project remembers.
        templates: what `--templates` says.
        folder: the project's.
        answers: new ones, which win.
        trust: whether a template's code may run.
        asks: whether a person can be asked about that.

    Raises:
        UsageError: its template cannot be had, may not run, or has changed too much; or a new answer cannot be had.
        TemplateError: the template is hostile, or fails.
    """
    new = answers or {}
    with open_templates(record.origin.source, templates, file=Answers(), trust=trust, asks=asks) as there:
        if there.place is not None and there.place.cookiecutter is not None:
            cookiecutter = there.place.cookiecutter
            known = cookiecutter.resolve({**record.origin.answers, **new}, strict=False).answers
            yield cookiecutter.resolve({**known, **new})
        else:
            yield resolve_again(record, there.catalog, folder, answers=new)


@contextmanager
def resolved_by_layers(record: Record, templates: Path | None, folder: Path) -> Generator[Resolution]:
    """As `resolved_again`, of layers, which have parts; no code of another template runs.

    Raises:
        UsageError: its template cannot be had, has changed too much, or is one of cookiecutter's.
        TemplateError: the template is hostile.
    """
    named = record.origin.source
    if named is None:
        yield resolve_again(record, load_catalog(templates), folder)
        return
    if templates is not None:
        raise _two_places(named, templates)
    from ..foreign.opening import open_source

    def refuse(_: str) -> bool:  # only asked of what runs code
        raise _no_parts(named)

    with open_source(read_source(named), refuse) as place:
        if place.catalog is None:
            raise _no_parts(named)
        yield resolve_again(record, place.catalog, folder)


def _no_parts(named: str) -> UsageError:
    return UsageError(
        f"'{named}' is a template of cookiecutter's, and has no parts to add.",
        "Change its answers by `scaffold set KEY=VALUE`; `scaffold status --json` has them.",
    )
