"""What the flags and the file of answers say, checked before anything is asked.

Flags win over the file. Where no template is given yet, an answer must fit at least one of them, and
only those that it fits are offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..build.names import project_name
from ..errors import UsageError
from ..life.apply import check_target
from ..template.catalog import Catalog
from ..template.layer import Layer
from ..template.options import Option, check_value, parse_value
from ..template.reachable import survey
from ..template.resolve import resolve
from .answers_file import Answers, read_answers
from .request import Draft

Offers = Mapping[str, Mapping[str, Any]]
"""Templates that fit what was given, and the given answers in the types of each one's options."""


@dataclass(frozen=True)
class Flags:
    """The words of `scaffold new`, as they were given.

    Attributes:
        directory: where the project goes.
        template: its template.
        name: its name.
        git: whether to start a repository.
        texts: options and what `--set` says of them.
        own: flags that set an option of the template by themselves, and the words after each.
        answers: a file of answers.
    """

    directory: Path | None = None
    template: str | None = None
    name: str | None = None
    git: bool | None = None
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    own: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    answers: Path | None = None


def settings(pairs: Iterable[str]) -> dict[str, str]:
    """Options and their texts, from `--set KEY=VALUE`.

    Raises:
        UsageError: a pair has no `=`, or an option is given twice.
    """
    found = [_split(pair) for pair in pairs]
    names = [name for name, _ in found]
    for name in names:
        if names.count(name) > 1:
            raise _given_twice(name, [text for each, text in found if each == name])
    return dict(found)


def _given_twice(name: str, texts: Sequence[str]) -> UsageError:
    shown = " and ".join(f"'{text}'" for text in texts)
    return UsageError(f"'{name}' is given more than once: {shown}.", "Give it once.")


def _split(pair: str) -> tuple[str, str]:
    name, equals, text = pair.partition("=")
    if not (name and equals):
        raise UsageError(f"`--set` needs KEY=VALUE, got '{pair}'.", "For example `--set backend=gloo`.")
    return name.strip(), text.strip()


def read_given(catalog: Catalog, flags: Flags, *, asks: bool) -> tuple[Draft, Offers]:
    """What is decided by flags and file, and the templates that could be chosen with it.

    Args:
        catalog: the layers that there are.
        flags: what was given.
        asks: whether the template can still be changed, so that others than the given one matter.

    Raises:
        UsageError: something that was given cannot be had.
    """
    file = read_answers(flags.answers) if flags.answers else Answers()
    draft = Draft(
        directory=flags.directory,
        name=_name(flags, file),
        template=flags.template if flags.template is not None else file.template,
        git=flags.git if flags.git is not None else file.git,
    )
    if draft.name is not None:
        check_target(draft.target())
    if draft.template is None:
        return draft, _offers(catalog, catalog.templates(), flags, file)
    offers = _offers(catalog, [catalog.template(draft.template)], flags, file)
    values = offers[draft.template]
    return replace(draft, values=values), _offers(catalog, catalog.templates(), flags, file) if asks else offers


def _name(flags: Flags, file: Answers) -> str | None:
    """The name that is given; a directory gives its own if nothing else does."""
    name = flags.name if flags.name is not None else file.name
    if name is not None or flags.directory is None:
        return None if name is None else project_name(name).project
    try:
        return project_name(flags.directory.resolve().name).project
    except UsageError as error:
        raise UsageError(error.message, f"{error.hint} Say it with `--name`; the directory may stay.") from None


def _offers(catalog: Catalog, templates: list[Layer], flags: Flags, file: Answers) -> Offers:
    """The templates whose options take the answers, and the answers as they take them."""
    offers: dict[str, dict[str, Any]] = {}
    errors: list[UsageError] = []
    for template in templates:
        try:
            offers[template.id] = _values(catalog, template.id, flags, file)
        except UsageError as error:
            errors.append(error)
    if not offers:  # the most helpful reason: one that knows what was meant
        raise min(errors, key=lambda error: "Did you mean" not in (error.hint or ""))
    return offers


def _texts(catalog: Catalog, template: str, flags: Flags) -> dict[str, str]:
    """What `--set` and the flags of their own say of one template's options, by the options' names."""
    options = {option.flag: option for reached in survey(catalog, template) for option in reached.layer.options}
    texts = dict(flags.texts)
    for flag, words in flags.own.items():
        option = options.get(flag)
        if option is None:
            raise UsageError(
                f"The template '{template}' has no `--{flag}`.", f"`scaffold show {template}` lists its options."
            )
        given = [*([texts[option.name]] if option.name in texts else []), *words]
        if len(given) > 1 and (option.kind == "choice" or option.name in texts):
            raise _given_twice(option.name, given)
        texts[option.name] = ",".join(words)
    return texts


def _values(catalog: Catalog, template: str, flags: Flags, file: Answers) -> dict[str, Any]:
    """The answers as one template's options take them, in the order of asking.

    Only an answer tells which options come after it, so they are taken one by one.
    """
    texts = _texts(catalog, template, flags)
    values: dict[str, Any] = {}
    waiting: dict[str, Any] = {**file.answers, **texts}
    while option := _next_option(catalog, template, values, waiting):
        given = waiting.pop(option.name)
        values[option.name] = parse_value(option, given) if option.name in texts else check_value(option, given)
    resolve(catalog, template, values | waiting)  # refuses what is left: unknown, or closed by another answer
    return values


def _next_option(
    catalog: Catalog, template: str, values: Mapping[str, Any], waiting: Mapping[str, Any]
) -> Option | None:
    return next((each for each in resolve(catalog, template, values).options if each.name in waiting), None)
