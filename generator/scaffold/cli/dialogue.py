"""The conversation: asks what is not decided, then shows everything and lets it be changed.

What to ask next is found afresh after every answer, so an answer that opens further options (`when`)
has them asked next, and a change in the summary asks only what it opened. Answers to everything else
are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from ..build.names import project_name
from ..errors import UsageError
from ..life.apply import check_target
from ..template.catalog import Catalog
from ..template.options import Option, parse_value
from ..template.resolution import Resolution
from .given import Offers
from .questions import ask_many, ask_one, ask_text, ask_yes_no, pick
from .repository import can_start
from .request import Draft, settle
from .terminal import show_error

GO_ON = "go on"
OPTION = "option "
"""What the key of a line about an option begins with; the other keys are the draft's fields."""


class Dialogue:
    """One conversation.

    Args:
        catalog: the layers that there are.
        offers: the templates to choose from, with the answers that are given for each.
        dry_run: whether the project is to be shown only.
    """

    def __init__(self, catalog: Catalog, offers: Offers, *, dry_run: bool = False) -> None:
        self._catalog = catalog
        self._offers = offers
        self._deed = "Show" if dry_run else "Write"

    def complete(self, draft: Draft) -> Draft:
        """Asks until everything is decided and the person says so.

        Raises:
            KeyboardInterrupt: the person left.
        """
        while (key := self._undecided(draft) or self._summary(draft)) != GO_ON:
            changed = self._ask(draft, key)
            draft = changed if self._is_possible(changed) else draft
        return draft

    def _undecided(self, draft: Draft) -> str | None:
        """The key of the first line without an answer."""
        if draft.name is None:
            return "name"
        if draft.template is None:
            return "template"
        resolution, taken = self._settle(draft)
        option = next((each for each in resolution.options if each.name not in taken), None)
        if option is not None:
            return OPTION + option.name
        return "git" if draft.git is None and can_start(draft.target()) else None

    def _summary(self, draft: Draft) -> str:
        _, values = self._settle(draft)
        lines = [("name", "Name", draft.name or ""), ("directory", "Directory", str(draft.target()))]
        lines += [("template", "Template", draft.template or "")]
        lines += [(OPTION + name, label(name), shown(value)) for name, value in values.items()]
        lines += [("git", "Git", shown(draft.git))] if can_start(draft.target()) else []
        go_on = (GO_ON, f"{self._deed} it")
        return pick(f"{self._deed} this project?", lines, go_on=go_on, help="(choose a line to change it)")

    def _ask(self, draft: Draft, key: str) -> Draft:
        """The draft with one line asked for."""
        if key == "name":
            return replace(draft, name=_ask_name(draft))
        if key == "directory":
            return replace(draft, directory=_ask_directory(draft))
        if key == "template":
            template = self._ask_template(draft)
            return replace(draft, template=template, values={**self._offers[template], **draft.values})
        if key == "git":
            git = ask_yes_no("Git", help="Start a repository with a first commit?", default=bool(draft.git))
            return replace(draft, git=git)
        resolution, taken = self._settle(draft)
        option = next(each for each in resolution.options if OPTION + each.name == key)
        value = _ask_option(option, taken.get(option.name, option.default))
        return replace(draft, values={**draft.values, option.name: value})

    def _ask_template(self, draft: Draft) -> str:
        rows = [(name, self._catalog.template(name).help) for name in self._offers]
        return ask_one("Template", rows, help="What the project does.", default=draft.template or rows[0][0])

    def _settle(self, draft: Draft) -> tuple[Resolution, Mapping[str, Any]]:
        assert draft.template is not None  # it is asked for before any option
        return settle(self._catalog, draft.template, draft.values)

    def _is_possible(self, draft: Draft) -> bool:
        """Whether the answers can be had together; says why if not."""
        try:
            if draft.template is not None:
                self._settle(draft)
        except UsageError as error:
            show_error(error.message, error.hint)
            return False
        return True


def label(name: str) -> str:
    """An option's name as a line of the summary begins with it."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def shown(value: Any) -> str:
    """An answer as a person would write it."""
    if isinstance(value, bool) or value is None:
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(cast("list[str]", value)) or "none"
    return str(value)


def _ask_name(draft: Draft) -> str:
    def check(text: str) -> None:
        name = project_name(text).project
        check_target(replace(draft, name=name).target())

    answer = ask_text("Name", help="What the project is called.", default=draft.name or "my-project", check=check)
    return project_name(answer).project


def _ask_directory(draft: Draft) -> Path:
    def check(text: str) -> None:
        try:
            check_target(Path(text).expanduser())
        except (OSError, RuntimeError) as error:  # a name too long, a home that there is not
            raise UsageError(f"'{text}' cannot be used: {error}.", "Choose another directory.") from None

    answer = ask_text("Directory", help="Where the project goes.", default=str(draft.target()), check=check)
    return Path(answer).expanduser()


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
