"""A project while it is being decided on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..build.names import project_name
from ..errors import UsageError
from ..template.catalog import Catalog
from ..template.options import Option, check_value
from ..template.resolution import Resolution
from ..template.resolve import resolve


@dataclass(frozen=True)
class Draft:
    """What is decided so far; `None` is what is not.

    Attributes:
        directory: where the project goes, if not to a folder of its own name.
        name: the project's.
        template: the template's.
        git: whether to start a repository.
        values: answers to the template's options, by name.
    """

    directory: Path | None = None
    name: str | None = None
    template: str | None = None
    git: bool | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def target(self) -> Path:
        """Where the project goes."""
        return self.directory or Path(project_name(self.name or "").project)


def settle(catalog: Catalog, template: str, answers: Mapping[str, Any]) -> tuple[Resolution, dict[str, Any]]:
    """What follows from those answers that apply and fit, taken in the order of asking.

    An answer to an option that another answer closed is passed over, not lost: it counts again when
    the option opens again.

    Returns:
        The resolution, and the answers that they rest on.
    """
    taken: dict[str, Any] = {}
    while True:
        resolution = resolve(catalog, template, taken)
        option = next((each for each in resolution.options if _is_news(each, answers, taken)), None)
        if option is None:
            return resolution, taken
        taken[option.name] = answers[option.name]


def _is_news(option: Option, answers: Mapping[str, Any], taken: Mapping[str, Any]) -> bool:
    return option.name in answers and option.name not in taken and _fits(option, answers[option.name])


def _fits(option: Option, value: Any) -> bool:
    try:
        check_value(option, value)
    except UsageError:  # an answer for another template, whose option of this name is another one
        return False
    return True
