"""The conversation: asks what is not decided, then shows everything and lets it be changed.

An answer that opens further options (`when`, layers) has them asked next, and a change in the summary asks
only what it opened. Answers to everything else are kept. Escape asks the question before once more, with the answer
that it had.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..life.theirs import check_target
from ..template.options import Option, parse_value, read_answer
from ..template.resolution import Resolution
from .last_answers import LastAnswers
from .questions import Back, ask_many, ask_one, ask_text, ask_yes_no, escapable, label, pick, take_back_record, tell
from .report import shown
from .repository import can_start
from .request import Offers, Request, tidy

GO_ON = "go on"
OPTION = "option "
"""What the key of a line about an option begins with; the other keys are the request's fields."""


class Dialogue:
    """One conversation.

    Args:
        offers: the templates to choose from, with what follows from the given answers for each.
        dry_run: whether the project is to be shown only.
    """

    def __init__(self, offers: Offers, *, dry_run: bool = False) -> None:
        self._offers = offers
        self._deed = "Show" if dry_run else "Write"
        self._taken_back: dict[str, Any] = {}

    def complete(self, request: Request) -> Request:
        """Asks until everything is decided and the person says so.

        Raises:
            KeyboardInterrupt: the person left.
        """
        request = _without_a_bad_name(request)
        before: list[Request] = []
        with escapable():
            while True:
                is_changed = False
                try:
                    key = self._undecided(request)
                    if key is None:
                        key, is_changed = self._summary(request), True
                    if key == GO_ON:
                        return request
                    answered = _without_a_bad_name(self._ask(request, key))
                    before.append(request)
                    request = answered
                except Back:
                    if before and not is_changed:  # what was to be changed stays as it is: the summary again
                        self._taken_back |= {"name": request.name, **request.said}
                        request = before.pop()
                        take_back_record()
                except UsageError as error:  # the answer cannot be had together with the others: ask again
                    tell(error)

    def _undecided(self, request: Request) -> str | None:
        """The key of the first line without an answer."""
        if request.name is None:
            return "name"
        if request.resolution is None:
            return "template"
        if option := request.resolution.undecided():
            return OPTION + option.name
        if request.named_by_answers and _is_taken(request.target()):
            return "directory"
        return "git" if request.git is None and can_start(request.target()) else None

    def _summary(self, request: Request) -> str:
        resolution = _resolved(request)
        lines = [("directory", "Directory", str(request.target()))]
        if not request.named_by_answers:
            lines = [("name", "Name", request.name or ""), *lines, ("template", "Template", resolution.template)]
        shows = [each for each in resolution.options if each.ask or each.summary or each.name in resolution.given]
        decided = [option.name for option in shows]
        lines += [(OPTION + name, label(name), shown(resolution.values[name])) for name in decided]
        lines += [("git", "Git", shown(request.git))] if request.git or can_start(request.target()) else []
        go_on = (GO_ON, f"{self._deed} it")
        return pick(f"{self._deed} this project?", lines, go_on=go_on, help="(choose a line to change it)")

    def _ask(self, request: Request, key: str) -> Request:
        """The request with one line asked for."""
        if key == "name":
            return replace(request, name=_ask_name(request, default=self._taken_back.get("name")))
        if key == "directory":
            return replace(request, directory=_ask_directory(request))
        if key == "template":
            return request.with_template(self._offers[self._ask_template(request)])
        if key == "git":
            git = ask_yes_no("Git", help="Start a repository with a first commit?", default=_wanted(request))
            return replace(request, git=git)
        resolution = _resolved(request)
        option = next(each for each in resolution.options if OPTION + each.name == key)
        return request.with_answer(option.name, _ask_option(option, self._current(option, resolution, request.last)))

    def _current(self, option: Option, resolution: Resolution, last: LastAnswers) -> Any:
        """The answer that an option has, or had before it was gone back to, or had the last time."""
        value = resolution.values[option.name]
        before = {**last.of(resolution), **self._taken_back}
        if option.name in resolution.given or option.name not in before:
            return value
        try:
            return read_answer(option, before[option.name])
        except UsageError:  # it was of another template's option, or of another version's
            return value

    def _ask_template(self, request: Request) -> str:
        rows = [(name, request.catalog.template(name).help) for name in self._offers]
        wanted = request.resolution.template if request.resolution else request.last.template
        default = wanted if wanted is not None and wanted in self._offers else rows[0][0]
        return ask_one("Template", rows, help="What the project does.", default=default)


def _without_a_bad_name(request: Request) -> Request:
    """The request without its name, if what was chosen brings a module that it would hide: it is asked for again."""
    try:
        if request.name is not None:
            request.spelt(request.name)
    except UsageError as error:
        tell(error)
        return replace(request, name=None)
    return request


def _is_taken(directory: Path) -> bool:
    """Whether no project may appear there, which is said."""
    try:
        check_target(directory)
    except UsageError as error:
        tell(error)
        return True
    return False


def _wanted(request: Request) -> bool:
    """Whether a repository is wanted, as far as is known."""
    return request.last.git if request.git is None else request.git


def _resolved(request: Request) -> Resolution:
    assert request.resolution is not None  # the template is asked for before any option
    return request.resolution


def _ask_name(request: Request, *, default: str | None) -> str:
    def check(text: str) -> None:
        check_target(replace(request, name=request.spelt(text)).target())

    answer = ask_text(
        "Name", help="What the project is called.", default=request.name or default or "my-project", check=check
    )
    return request.spelt(answer)


def _ask_directory(request: Request) -> Path:
    def check(text: str) -> None:
        if not text:
            raise UsageError("The directory is empty.", "Name one; `.` is the current folder.")
        try:
            check_target(Path(text).expanduser())
        except (OSError, RuntimeError) as error:  # a name too long, a home that there is not
            raise UsageError(f"'{text}' cannot be used: {error}.", "Choose another directory.") from None

    answer = ask_text("Directory", help="Where the project goes.", default=str(request.target()), check=check)
    return tidy(Path(answer).expanduser())


def _ask_option(option: Option, current: Any) -> Any:
    rows = [(choice.name, choice.help) for choice in option.choices]
    if option.kind == "choice":
        return ask_one(label(option.name), rows, help=option.help, default=current)
    if option.kind == "multi-choice":
        return ask_many(label(option.name), rows, help=option.help, default=current)
    if option.kind == "bool":
        return ask_yes_no(label(option.name), help=option.help, default=current)
    return _ask_typed(option, current)


def _ask_typed(option: Option, current: Any) -> Any:
    def check(text: str) -> None:
        parse_value(option, text)

    answer = ask_text(label(option.name), help=option.help, default=str(current), check=check)
    return parse_value(option, answer)
