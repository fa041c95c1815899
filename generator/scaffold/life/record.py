"""What a project remembers of its making, so that it can be changed later: `.scaffold/`.

`project.toml` says how it was made, `pristine.tar.xz` holds the files as they were made. The same answers
give the same bytes: no time, user or umask of the machine is in them.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import tarfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from .. import __version__
from ..build.format import ruff_version
from ..build.project import Origin, ProjectFile

FOLDER = PurePosixPath(".scaffold")


def remember(files: Mapping[PurePosixPath, ProjectFile], origin: Origin) -> dict[PurePosixPath, ProjectFile]:
    """The two files of `.scaffold/`."""
    return {
        FOLDER / "project.toml": _file(_project_toml(files, origin).encode()),
        FOLDER / "pristine.tar.xz": _file(_archive(files)),
    }


def _file(content: bytes) -> ProjectFile:
    return ProjectFile(content, 0o644, str(FOLDER))


def _project_toml(files: Mapping[PurePosixPath, ProjectFile], origin: Origin) -> str:
    lines = [
        "# How this project was made; `scaffold` reads it to change the project later.",
        f"template = {_toml(origin.template)}",
        f"name = {_toml(origin.name.project)}",
        f"version = {_toml(__version__)}",
        f"ruff = {_toml(ruff_version())}",
        "",
        "[answers]",
        *(f"{key} = {_toml(value)}" for key, value in origin.answers.items()),
        "",
        "[hashes] # SHA-256 of each file as it was made",
        *(f"{_toml(str(path))} = {_toml(hashlib.sha256(files[path].content).hexdigest())}" for path in sorted(files)),
    ]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """A text, number, boolean or list of texts; JSON spells them as TOML does."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _archive(files: Mapping[PurePosixPath, ProjectFile]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files):
            entry = tarfile.TarInfo(str(path))
            entry.size = len(files[path].content)
            entry.mode = files[path].mode
            archive.addfile(entry, io.BytesIO(files[path].content))
    return lzma.compress(buffer.getvalue(), preset=1)  # a tenth larger than preset 6, six times as fast
