"""What is installed where a Python looks for its modules: a program for any of them, and so by itself."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass


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


def installed_distributions() -> Mapping[str, Distribution]:
    """All that is installed here, by name."""
    from importlib import metadata  # slow: it reads mail

    modules: dict[str, list[str]] = {}
    for module, names in metadata.packages_distributions().items():
        for name in set(names) if module.isidentifier() and not module.startswith("_") else ():
            modules.setdefault(distribution(name), []).append(module)
    found: dict[str, Distribution] = {}
    for each in metadata.distributions():
        name = distribution(each.metadata["Name"])
        found.setdefault(name, Distribution(sorted(modules.get(name, [])), sorted(each.requires or [])))
    return found


if __name__ == "__main__":
    print(json.dumps({name: (each.modules, each.requires) for name, each in installed_distributions().items()}))
