"""What is asked for: by flags, by a file of answers, and then by a person, one answer after the other.

Flags win over the file. All of it is checked before anything is asked: where no template is given yet, an answer
must fit at least one of them, and only those that it fits are offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from ..api import plan
from ..build.dependencies import refuse_hiding
from ..build.names import modules_of, project_name
from ..data.finding import Finding
from ..errors import UsageError
from ..life.theirs import check_target
from ..template.catalog import Catalog
from ..template.options import Said
from ..template.reachable import possible_requirements, reachable_layers
from ..template.resolution import Resolution
from ..template.resolve import resolve, with_answer
from .answers_file import Answers
from .last_answers import LastAnswers
from .own_data import look_at
from .presets import fitting

Offers = Mapping[str, Resolution]
"""Templates that fit what was given, and what follows from it for each."""


@dataclass(frozen=True)
class Request:
    """A project that is asked for; `None` is what is not decided.

    Attributes:
        catalog: the layers that there are.
        directory: where the project goes, if not to a folder of its own name.
        name: the project's.
        git: whether to start a repository.
        resolution: the template with its options.
        said: answers to options by name, also those that do not apply now: they count again when they do.
        finding: what `--data` led to.
        suggested: answers that count where a template has the question, and nothing else answers it.
        last: those of the last time, which a dialogue offers again.
    """

    catalog: Catalog
    directory: Path | None = None
    name: str | None = None
    git: bool | None = None
    resolution: Resolution | None = None
    said: Mapping[str, Any] = field(default_factory=dict[str, Any])
    finding: Finding | None = None
    suggested: Mapping[str, Any] = field(default_factory=dict[str, Any])
    last: LastAnswers = field(default_factory=LastAnswers)
    named_by_answers: ClassVar[bool] = False
    """Whether the template says what the project is called, and not its owner."""

    def target(self) -> Path:
        """Where the project goes."""
        return self.directory or Path(project_name(self.name or "").project)

    def spelt(self, name: str) -> str:
        """A name as the project would have it.

        Raises:
            UsageError: no project can be called so.
        """
        if self.resolution is None:
            return project_name(name).project
        possible = possible_requirements(self.catalog, self.resolution.template)
        spelt = project_name(name, imported=modules_of(possible))
        refuse_hiding(spelt, self.resolution.requirements)
        return spelt.project

    def with_template(self, offer: Resolution) -> Request:
        """The request for another template; what was said goes on to count where it applies."""
        said = {**self.suggested, **self.last.shown(offer), **_given(offer), **self.said}
        resolution = offer if said == _given(offer) else resolve(self.catalog, offer.template, said, strict=False)
        return replace(self, resolution=resolution, said=said)

    def with_answer(self, name: str, value: Any) -> Request:
        """The request with an option answered.

        Raises:
            UsageError: the answer cannot go together with others.
        """
        assert self.resolution is not None  # the template is asked for before its options
        said = {**self.said, name: value}
        return replace(self, resolution=with_answer(self.resolution, name, said), said=said)


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
        answers: those of a file.
        preset: answers that count where a template has the question, and nothing else answers it.
        data: the owner's own, which say what else is not given.
        suggested: answers that count as those of a preset do, after them.
        last: those of the last time, if they are to be offered again.
    """

    directory: Path | None = None
    template: str | None = None
    name: str | None = None
    git: bool | None = None
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    own: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    answers: Answers = field(default_factory=Answers)
    preset: Mapping[str, Any] = field(default_factory=dict[str, Any])
    data: Path | None = None
    suggested: Mapping[str, Any] = field(default_factory=dict[str, Any])
    last: LastAnswers = field(default_factory=LastAnswers)


def tidy(directory: Path) -> Path:
    """A directory as commands can name it: with `..` it is spelt out, for a shell would take that otherwise.

    A folder on the way may be missing (`new nope/../trial`), and a shell follows the links of its own path.

    Example:
        >>> tidy(Path("nope/../trial")), tidy(Path("a/b"))
        (PosixPath('trial'), PosixPath('a/b'))
    """
    if ".." not in directory.parts:
        return directory
    there, here = directory.resolve(), Path.cwd()
    return there.relative_to(here) if there.is_relative_to(here) else there


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


def read_request(catalog: Catalog, flags: Flags, *, asks: bool) -> tuple[Request, Offers]:
    """What is decided by flags and file, and the templates that could be chosen with it.

    Args:
        catalog: the layers that there are.
        flags: what was given.
        asks: whether the template can still be changed, so that others than the given one matter.

    Raises:
        UsageError: something that was given cannot be had.
    """
    file = flags.answers
    git = flags.git if flags.git is not None else file.git
    directory = tidy(flags.directory) if flags.directory else None
    request = Request(catalog, directory=directory, git=git, suggested=flags.suggested, last=flags.last)
    request = replace(request, name=_name(request, flags, file))
    if request.name is not None:
        check_target(request.target())
    template = flags.template if flags.template is not None else file.template
    if flags.data is not None:
        words = {name: value for name, value in file.answers.items() if isinstance(value, str)}
        finding = look_at(flags.data, template=template, said={**words, **flags.texts}, asks=asks)
        template = finding.template
        file = replace(file, answers={**_fitting(catalog, finding, flags, file), **file.answers})
        request = replace(request, finding=finding)
    if template is None:
        return request, _offers(catalog, [layer.id for layer in catalog.templates()], flags, file)
    own = _offers(catalog, [catalog.template(template).id], flags, file)
    request = request.with_template(own[template])
    if not asks:  # else the dialogue asks for another name
        _name(request, flags, file)
    others = [layer.id for layer in catalog.templates() if layer.id != template] if asks and not flags.data else []
    offers = {**own, **_offers(catalog, others, flags, file, may_be_none=True)}
    return request, {name: offers[name] for name in catalog.ids if name in offers}


def _split(pair: str) -> tuple[str, str]:
    name, equals, text = pair.partition("=")
    if not (name and equals):
        raise UsageError(f"`--set` needs KEY=VALUE, got '{pair}'.", "For example `--set backend=gloo`.")
    return name.strip(), text.strip()


def _given_twice(name: str, texts: Sequence[str]) -> UsageError:
    shown = " and ".join(f"'{text}'" for text in texts)
    return UsageError(f"'{name}' is given more than once: {shown}.", "Give it once.")


def _name(request: Request, flags: Flags, file: Answers) -> str | None:
    """The name that is given; a directory gives its own if nothing else does."""
    name = flags.name if flags.name is not None else file.name
    if name is not None or flags.directory is None:
        return None if name is None else request.spelt(name)
    try:
        return request.spelt(flags.directory.resolve().name)
    except UsageError as error:
        raise UsageError(error.message, f"{error.hint} Say it with `--name`; the directory may stay.") from None


def _offers(
    catalog: Catalog, templates: Sequence[str], flags: Flags, file: Answers, *, may_be_none: bool = False
) -> Offers:
    """What follows for the templates whose options take the answers."""
    offers: dict[str, Resolution] = {}
    errors: list[UsageError] = []
    for template in templates:
        try:
            preset = fitting(catalog, template, flags.preset)
            answers = {**preset, **file.answers, **_said(catalog, template, flags)}
            offers[template] = plan(template, answers, templates=catalog)
        except UsageError as error:
            errors.append(error)
    if errors and not offers and not may_be_none:  # the most helpful reason: one that knows what was meant
        raise min(errors, key=lambda error: "Did you mean" not in (error.hint or ""))
    return offers


def _fitting(catalog: Catalog, finding: Finding, flags: Flags, file: Answers) -> dict[str, Any]:
    """The answers that data lead to and that the template has a question for.

    Raises:
        UsageError: another data set is asked for, or the template takes no data of one's own.
    """
    given = {**file.answers, **_said(catalog, catalog.template(finding.template).id, flags)}
    lenient = resolve(catalog, finding.template, {**finding.answers, **given}, strict=False)
    if "data_path" not in lenient.given:
        dataset = finding.answers["dataset"]
        if "dataset" in given:
            message = f"`--data` leads to 'dataset={dataset}', and '{lenient.values['dataset']}' is asked for."
            raise UsageError(message, "Leave one of them out.")
        raise UsageError(f"The template '{finding.template}' takes no data of one's own.", "Leave `--data` out.")
    return {name: value for name, value in finding.answers.items() if name in lenient.given}


def _said(catalog: Catalog, template: str, flags: Flags) -> dict[str, Said]:
    """What `--set` and the flags of their own say of one template's options, by the options' names."""
    texts = dict(flags.texts)
    options = [option for each in reachable_layers(catalog, template) for option in each.layer.options]
    for flag, words in flags.own.items():
        option = next((option for option in options if option.flag == flag), None)
        if option is None:
            hint = f"`scaffold show {template}` lists its options."
            raise UsageError(f"The template '{template}' has no `--{flag}`.", hint)
        given = [*([texts[option.name]] if option.name in texts else []), *words]
        if len(given) > 1 and (option.kind == "choice" or option.name in texts):
            raise _given_twice(option.name, given)
        texts[option.name] = ",".join(words)
    return {name: Said(text) for name, text in texts.items()}


def _given(resolution: Resolution) -> dict[str, Any]:
    """The answers that were given, as the template's options take them."""
    return {
        option.name: resolution.values[option.name] for option in resolution.options if option.name in resolution.given
    }
