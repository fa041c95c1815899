"""A project's name, and the name of its package."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
import unicodedata
from collections.abc import Iterable, Set
from dataclasses import dataclass

from ..errors import UsageError
from .installed import distribution

OWN = frozenset(["scaffold", "scaffold_runtime", "project_name", "runtime", "data", "src", "tests"])
"""What a project's package would hide or be taken for: this tool's packages, and folders of every project."""
LONGEST = 50
"""Letters of a name: with it the longest lines of a project, examples of imports in docstrings, have 120 columns."""


@dataclass(frozen=True)
class ProjectName:
    """A name in its two spellings.

    Attributes:
        project: with hyphens, as in `pyproject.toml`.
        package: with underscores, as in `import`.
    """

    project: str
    package: str


def project_name(name: str, *, imported: Iterable[str] = ()) -> ProjectName:
    """The two spellings of a name.

    Args:
        name: in either of them.
        imported: modules that projects import.

    Raises:
        UsageError: it is no identifier, or hides a module that Python or the project needs.

    Example:
        >>> project_name("My-Project")
        ProjectName(project='my-project', package='my_project')
    """
    package = name.strip().lower().replace("-", "_").replace(" ", "_").replace(".", "_")
    hidden = OWN | {module.lower() for module in imported}  # some file systems do not tell `pil` from `PIL`
    reason = _objection(package, hidden)
    if reason is not None:
        near = _valid_like(package, hidden)
        raise UsageError(f"A project cannot be called '{name}': {reason}.", f"'{near}' would do.")
    return ProjectName(project=package.replace("_", "-"), package=package)


def hidden_module(name: str, module: str) -> UsageError:
    """The error for a project whose package hides a module that it imports."""
    return UsageError(
        f"A project cannot be called '{name}': it would hide the module `{module}`, which projects need.",
        f"'{name.replace('_', '-')}-project' would do.",
    )


def modules_of(requirements: Iterable[str]) -> set[str]:
    """The modules that distributions bring if they are named alike; imports in a project's files say the others."""
    return {distribution(requirement).replace("-", "_") for requirement in requirements}


def _objection(package: str, hidden: Set[str]) -> str | None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", package) or package.endswith("_"):
        return "a name has letters a-z, digits, hyphens and underscores, begins with a letter and ends without a hyphen"
    if len(package) > LONGEST:
        return f"a name has at most {LONGEST} characters, to fit into a line of code, and this one has {len(package)}"
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        return f"`{package}` is a keyword of Python"
    if package in sys.stdlib_module_names or package in ("test", "site"):
        return f"it would hide Python's own module `{package}`"
    if package in vars(builtins):
        return f"it would hide Python's own `{package}`"
    if package in hidden:
        return f"it would hide the module `{package}`, which projects need"
    return None


def _valid_like(package: str, hidden: Set[str]) -> str:
    """A valid name that looks like the wrong one: with plain letters for accented ones, and short enough."""
    plain = unicodedata.normalize("NFKD", package.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-").lstrip("0123456789-")
    words = words[: LONGEST - len("-project")].rstrip("-") if len(words) > LONGEST else words
    if not words:
        return "my-project"
    return words if _objection(words.replace("-", "_"), hidden) is None else f"{words}-project"
