"""What is installed where a Python looks for its modules: a program for any of them, and so by itself."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib import metadata


@dataclass(frozen=True)
class Distribution:
    """What one says of itself.

    Attributes:
        modules: that it brings, by their first name.
        requires: as it is written there, with conditions.
    """

    modules: list[str]
    requires: list[str]


def distribution(requirement: str) -> str:
    """What a requirement asks for, in the spelling that compares.

    Example:
        >>> distribution("Torch_XLA[tpu]==2.9.*")
        'torch-xla'
    """
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]).lower()


def is_there(module: str) -> bool:
    """Whether a module, or a distribution, of this name is installed here, in any case of letters."""
    folders = [folder for folder in sys.path if os.path.isdir(folder)]
    entries = (entry for folder in folders for entry in os.listdir(folder))
    return any(re.split(r"[.-]", entry, maxsplit=1)[0].lower() == module for entry in entries)


def installed_version(name: str) -> str:
    """The version of a distribution that this Python imports, by the names of folders if these are clear."""
    folders = [folder for folder in sys.path if os.path.isdir(folder)]
    entries = {entry for folder in folders for entry in os.listdir(folder) if entry.endswith(".dist-info")}
    found = [entry for entry in entries if entry.lower().startswith(f"{name}-")]
    if len(found) == 1:
        return found[0][len(name) + 1 :].removesuffix(".dist-info")
    from importlib.metadata import version  # right wherever it is, and slow: it reads mail

    return version(name)


def installed_distributions() -> Mapping[str, Distribution]:
    """All that is installed here, by name; what pip left half removed is passed over."""
    from importlib import metadata  # slow: it reads mail

    found: dict[str, Distribution] = {}
    for each in metadata.distributions():
        try:
            name = distribution(each.metadata["Name"])
            found.setdefault(name, Distribution(_modules(each), sorted(each.requires or [])))
        except Exception:  # without its metadata there is no name, and each Python says so by another error
            continue
    return found


def _modules(each: metadata.Distribution) -> list[str]:
    """What can be imported by a distribution, as it declares it or as its files show; names with `_` are its own."""
    paths = [path for path in each.files or [] if path.suffix in (".py", ".so", ".pyd")]
    shown = (path.parts[0].partition(".")[0] for path in paths)
    names = set((each.read_text("top_level.txt") or "").split()) or set(shown)
    return sorted(name for name in names if name.isidentifier() and not name.startswith("_"))


if __name__ == "__main__":
    print(json.dumps({name: (each.modules, each.requires) for name, each in installed_distributions().items()}))
