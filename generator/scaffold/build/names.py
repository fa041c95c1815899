"""A project's name, and the name of its package."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from dataclasses import dataclass

from ..errors import UsageError

IMPORTED = frozenset(
    [
        "torch",
        "torchvision",
        "torchaudio",
        "torch_xla",
        "horovod",
        "numpy",
        "scipy",
        "sklearn",
        "matplotlib",
        "tensorboard",
        "tqdm",
        "tyro",
        "yaml",
        "PIL",
        "datasets",
        "transformers",
        "tokenizers",
        "accelerate",
        "ignite",
        "lightning",
        "pytest",
        "ruff",
        "scaffold",
        "scaffold_runtime",
        "wandb",
        "mlflow",
        "clearml",
        "neptune",
        "visdom",
        "polyaxon",
        "src",
        "tests",
        "runtime",
        "data",
        "project_name",
    ]
)
"""Modules that projects, their tests and their users import: a package of that name would hide them."""

HIDDEN = frozenset(module.lower() for module in IMPORTED)  # some file systems do not tell `pil` from `PIL`


@dataclass(frozen=True)
class ProjectName:
    """A name in its two spellings.

    Attributes:
        project: with hyphens, as in `pyproject.toml`.
        package: with underscores, as in `import`.
    """

    project: str
    package: str


def project_name(name: str) -> ProjectName:
    """The two spellings of a name.

    Raises:
        UsageError: it is no identifier, or hides a module that Python or the project needs.

    Example:
        >>> project_name("My-Project")
        ProjectName(project='my-project', package='my_project')
    """
    package = name.strip().lower().replace("-", "_").replace(" ", "_").replace(".", "_")
    reason = _objection(package)
    if reason is not None:
        near = _valid_like(package)
        raise UsageError(f"A project cannot be called '{name}': {reason}.", f"'{near}' would do.")
    return ProjectName(project=package.replace("_", "-"), package=package)


def _objection(package: str) -> str | None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", package) or package.endswith("_"):
        return "a name has letters, digits, hyphens and underscores, begins with a letter and ends without a hyphen"
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        return f"`{package}` is a keyword of Python"
    if package in sys.stdlib_module_names or package in ("test", "site"):
        return f"it would hide Python's own module `{package}`"
    if package in vars(builtins):
        return f"it would hide Python's own `{package}`"
    if package in HIDDEN:
        return f"it would hide the module `{package}`, which projects need"
    return None


def _valid_like(package: str) -> str:
    """A valid name that looks like the wrong one."""
    words = re.sub(r"[^a-z0-9]+", "-", package).strip("-").lstrip("0123456789-")
    if not words:
        return "my-project"
    return words if _objection(words.replace("-", "_")) is None else f"{words}-project"
