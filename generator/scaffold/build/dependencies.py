"""What a project's requirements bring along, and that its name must not hide: known without a network.

`dependency_index.json` says of every distribution that the templates' requirements lead to which modules it brings and
what it requires; `dependency_index` reads that from what is installed. Where a module of the project's name is there
beside this command, what is installed there is asked as well: newer releases, and requirements of other templates.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UsageError
from .installed import distribution, installed_distributions, is_there
from .names import ProjectName

INDEX_FILE = Path(__file__).with_name("dependency_index.json")
OF_EVERY_ENVIRONMENT = ("pip",)
"""What `python -m venv` puts there, and the next steps use."""


class Brought(NamedTuple):
    """What a distribution brings.

    Attributes:
        modules: by their first names.
        requires: other distributions, by name.
    """

    modules: list[str]
    requires: list[str]


Index = Mapping[str, Brought]


def refuse_hiding(name: ProjectName, requirements: Iterable[str]) -> None:
    """Refuses the name of a module that the project's requirements bring, or of one of their distributions.

    Args:
        name: the project's.
        requirements: of what was chosen.

    Raises:
        UsageError: who imports or installs the one would get the other.
    """
    asked = {distribution(requirement): requirement for requirement in (*OF_EVERY_ENVIRONMENT, *sorted(requirements))}
    for index in (own_index(), *([installed_index()] if is_there(name.package) else [])):
        for each, parent in _reached(asked, index):
            hidden = (
                [module for module in index[each].modules if module.lower() == name.package] if each in index else []
            )
            who = f"{parent} needs" if parent else "projects need"
            if hidden:
                raise _refused(name, f"it would hide the module `{hidden[0]}`, which {who}")
            if each == distribution(name.project):
                taken = f"it would be taken for the distribution '{each}', which {who}"
                raise _refused(name, taken if parent else f"it depends on '{asked[each]}'")


def own_index() -> Index:
    """The index that comes with this package."""
    document: dict[str, Any] = json.loads(INDEX_FILE.read_bytes())
    return {name: Brought(*entry) for name, entry in document.items()}


@cache
def installed_index() -> Index:
    """The same of what is installed beside this command; what is not installed there cannot be hidden there."""
    there = installed_distributions()
    return {
        name: Brought(each.modules, [distribution(word) for word in each.requires if distribution(word) in there])
        for name, each in there.items()
    }


def _reached(roots: Iterable[str], index: Index) -> Iterator[tuple[str, str | None]]:
    """Distributions that requirements lead to, the nearest first, each once and with the one that needs it."""
    waiting: list[tuple[str, str | None]] = [(root, None) for root in roots]
    seen: set[str] = set()
    while waiting:
        each, parent = waiting.pop(0)
        if each not in seen:
            seen.add(each)
            yield each, parent
            waiting += [(below, each) for below in index[each].requires] if each in index else []


def _refused(name: ProjectName, fault: str) -> UsageError:
    return UsageError(f"A project cannot be called '{name.project}': {fault}.", f"'{name.project}-project' would do.")
