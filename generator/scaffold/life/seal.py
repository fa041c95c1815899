"""Knows without making a project again that it would come out as it did.

The seal is a line of `.scaffold/project.toml`: a hash of the rest of that file and of all that makes projects - the
templates, the runtime, this tool, the libraries that lay out and render. Whatever changes, the seal breaks, and the
project is made anew to be compared; by itself a broken seal is no change.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath

from ..build.installed import installed_version
from ..build.project import Origin, ProjectFile
from ..build.runtime_source import runtime_folder
from ..template.catalog import own_templates
from .record import FOLDER

Files = Mapping[PurePosixPath, ProjectFile]

RECORD = FOLDER / "project.toml"
SEAL = re.compile(rb'seal = "[0-9a-f]*"\n')
PLACE = b"\n[answers]\n"
"""What the seal stands before."""
LIBRARIES = ("ruff", "jinja2")


def sealed(record: Files, origin: Origin) -> dict[PurePosixPath, ProjectFile]:
    """The files of a record with a seal, if it is known what the project was made by."""
    file = record.get(RECORD)
    if file is None or not origin.made_by:
        return dict(record)
    content = _without(file.content)
    seal = f'seal = "{_seal(content, origin.made_by)}"\n'.encode()
    return {**record, RECORD: replace(file, content=content.replace(PLACE, seal + PLACE, 1))}


def is_intact(content: bytes, templates: Iterable[Path]) -> bool:
    """Whether nothing has changed that the project of a record was made by.

    Args:
        content: of its `project.toml`.
        templates: folders of the templates that there are.
    """
    found = SEAL.search(content)
    return found is not None and found[0] == f'seal = "{_seal(_without(content), templates)}"\n'.encode()


def but_for_the_seal(mine: ProjectFile, theirs: ProjectFile | None) -> ProjectFile:
    """A file of the record as it would be now; as it is, if only the seal differs."""
    same = theirs is not None and _without(mine.content) == _without(theirs.content)
    return replace(mine, content=theirs.content) if theirs is not None and same else mine


def _without(content: bytes) -> bytes:
    return SEAL.sub(b"", content, count=1)


def _seal(content: bytes, templates: Iterable[Path]) -> str:
    own = own_templates()
    others = [folder for folder in templates if folder != own]
    total = hashlib.sha256(content + _own_digest())
    for folder in others:
        total.update(_digest(folder))
    return total.hexdigest()


@cache
def _own_digest() -> bytes:
    """Of what comes with this tool, which is the same as long as it runs."""
    versions = "".join(f"{library} {installed_version(library)}\n" for library in LIBRARIES).encode()
    folders = (Path(__file__).parents[1], runtime_folder(), own_templates())
    return hashlib.sha256(versions + b"".join(map(_digest, folders))).digest()


def _digest(folder: Path) -> bytes:
    """What changes when a file below a folder does: its name, its content, whether it can be run."""
    total = hashlib.sha256()
    for path, name in _files_below(str(folder)):
        is_program, file = _state(path)
        total.update(f"{name}\0{is_program}\0{len(file)}\0".encode(errors="surrogateescape") + file)
    return total.digest()


def _state(path: str) -> tuple[int, bytes]:
    """Whether a file can be run, and what is in it; of what is none, or cannot be read, that it is so."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            with open(path, "rb") as stream:
                return mode & 0o100, stream.read()
    except OSError:
        pass
    return -1, b""


def _files_below(folder: str) -> Iterator[tuple[str, str]]:
    """Files that make projects, each with its name from the folder on, in an order that is the same everywhere."""
    for around, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in ("__pycache__", ".git"))
        for name in sorted(names):
            path = os.path.join(around, name)
            yield path, path[len(folder) :].replace(os.sep, "/")
