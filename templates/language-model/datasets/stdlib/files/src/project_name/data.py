"""The texts: the source files of Python's standard library."""

import os
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from .corpus import CorpusConfig, make_datasets, share_out
from .loaders import Datasets

# Other people's packages, tests, which are more than all the rest, and what some Pythons have and others have not.
SKIPPED = frozenset({"site-packages", "dist-packages", "test", "tests", "idlelib", "idle_test", "lib2to3", "ensurepip"})


@dataclass(frozen=True)
class DataConfig(CorpusConfig):
    """The source files and how they are batched."""

    max_train_bytes: Annotated[int, Meta(ge=1)] | None = 1_000_000
    """So much text is trained on, for minutes on a CPU; all of it, 9 MB, if None."""
    max_held_out_bytes: Annotated[int, Meta(ge=1)] | None = 200_000
    """So much text validates, and as much tests; all of it if None."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples `(tokens, targets)`: `(length,)` and `(2, length)` int64."""
    files = find_sources(Path(sysconfig.get_paths()["stdlib"]))
    return make_datasets(share_out(files, config), config)


def find_sources(root: Path) -> dict[str, Path]:
    """The Python files below a folder, by their names there."""
    found: dict[str, Path] = {}
    for folder, below, names in os.walk(root):
        below[:] = set(below) - SKIPPED  # they are most of what there is
        files = [Path(folder, name) for name in names if name.endswith(".py")]
        found |= {file.relative_to(root).as_posix(): file for file in files}
    return found
