"""Writes `dependency_index.json`, from environments that have all of it together.

`python -m scaffold.build.dependency_index PYTHON...` does it, after a change of the templates' requirements. A
requirement counts if some machine that projects are for has it: another system, or a later Python.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from packaging.requirements import Requirement  # of the development environment; the command itself lacks it

from ..template.catalog import load_catalog
from . import installed
from .dependencies import INDEX_FILE, OF_EVERY_ENVIRONMENT, Brought, Index
from .installed import Distribution, distribution

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = (
    ("linux", "Linux", "posix", "x86_64"),
    ("linux", "Linux", "posix", "aarch64"),
    ("darwin", "Darwin", "posix", "arm64"),
    ("win32", "Windows", "nt", "AMD64"),
)

Environment = Mapping[str, Distribution]


def read_environment(python: str) -> Environment:
    """What is installed for a Python."""
    done = subprocess.run([python, "-I", installed.__file__], capture_output=True, text=True, check=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return {name: Distribution(*entry) for name, entry in document.items()}


def index_text(requirements: Iterable[str], environments: Sequence[Environment]) -> str:
    """The index of what requirements lead to, as it is kept: a line for each distribution."""
    entries = index_of(requirements, environments)
    lines = [f"{json.dumps(name)}: {json.dumps(entries[name])}" for name in sorted(entries)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def index_of(requirements: Iterable[str], environments: Sequence[Environment]) -> Index:
    """What requirements lead to, as any of the environments knows it."""
    waiting = [*requirements, *OF_EVERY_ENVIRONMENT]
    extras: dict[str, set[str]] = {}
    found: dict[str, Brought] = {}
    while waiting:
        requirement = waiting.pop()
        name, wanted = distribution(requirement), Requirement(requirement).extras
        if name in found and wanted <= extras[name]:
            continue
        extras[name] = extras.get(name, set()) | wanted
        said = [environment[name] for environment in environments if name in environment]
        needed = {word for each in said for word in each.requires if _counts(word, extras[name])}
        modules = {module for each in said for module in each.modules}
        found[name] = Brought(sorted(modules), sorted({distribution(word) for word in needed}))
        waiting += needed
    return found


def _counts(requirement: str, extras: Iterable[str]) -> bool:
    """Whether some machine needs it, with these extras or without any."""
    marker = Requirement(requirement).marker
    if marker is None:
        return True
    machines = itertools.product(PYTHONS, SYSTEMS, ("", *extras))
    return any(
        marker.evaluate(
            {
                "python_version": python,
                "python_full_version": f"{python}.0",
                "sys_platform": platform,
                "platform_system": system,
                "os_name": os_name,
                "platform_machine": machine,
                "extra": extra,
            }
        )
        for python, (platform, system, os_name, machine), extra in machines
    )


def main(pythons: Sequence[str]) -> None:
    """Writes the index of what the built-in templates lead to."""
    text = index_text(load_catalog().requirements(), [read_environment(python) for python in pythons])
    INDEX_FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or [sys.executable])
