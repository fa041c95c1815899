"""What a project remembers of its making, so that it can be changed later: `.scaffold/`.

`project.toml` says how it was made, `pristine.tar.xz` holds the files as they were made. The same answers
give the same bytes: no time, user or umask of the machine is in them.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import tarfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from .. import __version__
from ..build.format import ruff_version
from ..build.names import project_name
from ..build.project import Origin, ProjectFile
from ..build.spelling import toml_literal
from ..errors import UsageError
from ..template.catalog import Catalog
from ..template.resolution import Resolution
from ..template.resolve import resolve

FOLDER = PurePosixPath(".scaffold")
RECORD_FILES = (FOLDER / "project.toml", FOLDER / "pristine.tar.xz")
LARGEST_BYTES = 256 * 1024 * 1024
"""Of the pristine files together: an archive that grows beyond is damaged, or meant to fill the memory."""


def remember(files: Mapping[PurePosixPath, ProjectFile], origin: Origin) -> dict[PurePosixPath, ProjectFile]:
    """The two files of `.scaffold/`."""
    return {
        FOLDER / "project.toml": _file(_project_toml(files, origin).encode()),
        FOLDER / "pristine.tar.xz": _file(_archive(files)),
    }


@dataclass(frozen=True)
class Record:
    """What a project remembers.

    Attributes:
        origin: its name, template and answers.
        version: of the torch-scaffold that made it.
        ruff: the version that laid it out.
        files: as they were made.
    """

    origin: Origin
    version: str
    ruff: str
    files: Mapping[PurePosixPath, ProjectFile]


def recall(folder: Path) -> Record:
    """What the project in a folder remembers; nothing in the folder is trusted.

    Raises:
        UsageError: there is no project of this tool, its record is damaged, or a newer version wrote it.
    """
    table = _read_table(folder)
    version = _text(table, "version", folder)
    if numbers(version) > numbers(__version__):
        raise UsageError(
            f"'{folder}' was made by torch-scaffold {version}, and this is {__version__}.",
            "Install a torch-scaffold that is at least as new.",
        )
    hashes, answers = table.get("hashes"), table.get("answers")
    if not isinstance(hashes, dict) or not isinstance(answers, dict):
        raise _damaged(folder, "it lacks its answers or its hashes")
    files = _unpack(folder)
    found = {str(path): hashlib.sha256(file.content).hexdigest() for path, file in files.items()}
    if found != hashes:
        raise _damaged(folder, "its pristine files are not those that it lists")
    name_text = _text(table, "name", folder)
    try:
        name = project_name(name_text)
    except UsageError as error:
        raise _damaged(folder, error.message.rstrip(".")) from None
    origin = Origin(
        name,
        _text(table, "template", folder),
        cast("dict[str, Any]", answers),
        added=_texts(table, "runtime", folder),
        renamed=_renamed(table, folder),
        deleted=_texts(table, "deleted", folder),
        source=_text(table, "source", folder) if "source" in table else None,
    )
    return Record(origin, version, _text(table, "ruff", folder), files)


def resolve_again(
    record: Record, catalog: Catalog, folder: Path, *, answers: Mapping[str, Any] | None = None
) -> Resolution:
    """What follows today from the answers that the project was made of.

    Args:
        record: what the project remembers.
        catalog: the layers that there are.
        folder: the project's, for errors.
        answers: new ones, which win.

    Raises:
        UsageError: its template or its options have changed too much since, or a new answer cannot be had.
    """
    template, new = record.origin.template, answers or {}
    try:
        known = _answers_today(record, resolve(catalog, template, {**record.origin.answers, **new}, strict=False))
        lenient = resolve(catalog, template, {**known, **new}, strict=False)
        applying = {name: value for name, value in known.items() if name in lenient.answers and name not in new}
        return resolve(catalog, template, {**applying, **new})
    except UsageError as error:
        if new:
            raise
        raise UsageError(
            f"'{folder}' was made by torch-scaffold {record.version}, whose answers do not fit {__version__}: "
            f"{error.message}",
            error.hint,
        ) from None


def _answers_today(record: Record, resolution: Resolution) -> dict[str, Any]:
    """The answers to options that there still are; one where several may be given now is a list of one.

    An option that came after the project was made has the value that stands for what such projects are.
    """
    options = {option.name: option for layer in resolution.layers for option in layer.options}
    found = {name: value for name, value in record.origin.answers.items() if name in options}
    for name, option in options.items():
        if option.kind == "multi-choice" and isinstance(found.get(name), str):
            found[name] = [found[name]]
        for version, value in option.before.items():
            if numbers(record.version) < numbers(version):
                found.setdefault(name, value)
    return found


def _read_table(folder: Path) -> dict[str, Any]:
    if (folder / FOLDER).is_symlink():
        raise _damaged(folder, "it is a link")
    try:
        return tomllib.loads((folder / FOLDER / "project.toml").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        hint = "Go to the folder of a project that `scaffold new` made."
        raise UsageError(
            f"'{folder}' is no project of torch-scaffold: it has no `{FOLDER}/project.toml`.", hint
        ) from None
    except OSError as error:
        raise _damaged(folder, error.strerror or "it cannot be read") from None
    except (ValueError, RecursionError) as error:  # TOML's and UTF-8's
        raise _damaged(folder, str(error)) from None


def _unpack(folder: Path) -> dict[PurePosixPath, ProjectFile]:
    """The files of the archive; one that holds anything but plain files within the project is damaged."""
    files: dict[PurePosixPath, ProjectFile] = {}
    try:
        content = _decompressed(folder / FOLDER / "pristine.tar.xz")
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for entry in archive:
                stream = archive.extractfile(entry) if entry.isreg() else None
                if stream is None or entry.mode not in (0o644, 0o755):
                    raise _damaged(folder, f"'{entry.name}' in its archive is no plain file")
                if not is_inside(entry.name):
                    raise _damaged(folder, "its archive leads out of the project")
                files[PurePosixPath(entry.name)] = ProjectFile(stream.read(), entry.mode, "")
    except (OSError, EOFError, lzma.LZMAError, tarfile.TarError, ValueError) as error:
        raise _damaged(folder, f"its pristine files cannot be read ({error})") from None
    return files


def _decompressed(archive: Path) -> bytes:
    content = lzma.LZMADecompressor(memlimit=LARGEST_BYTES).decompress(archive.read_bytes(), LARGEST_BYTES)
    if len(content) == LARGEST_BYTES:
        raise ValueError("they are too large")
    return content


def _text(table: Mapping[str, Any], key: str, folder: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise _damaged(folder, f"its `{key}` is {value!r}" if key in table else f"it lacks its {key}")
    return value


def _texts(table: Mapping[str, Any], key: str, folder: Path) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in cast("list[Any]", value)):
        raise _damaged(folder, f"its `{key}` is {value!r}")
    return tuple(cast("list[str]", value))


def _renamed(table: Mapping[str, Any], folder: Path) -> dict[str, str]:
    value: Any = table.get("renamed", {})
    if not isinstance(value, dict):
        raise _damaged(folder, f"its `renamed` is {value!r}")
    found = cast("dict[str, Any]", value)
    for path in (*found, *found.values()):
        if not is_inside(path):
            raise _damaged(folder, f"it has a file renamed to or from {path!r}")
    return found


def numbers(version: str) -> list[int]:
    """A version as numbers that compare; what follows them (`.dev0`, `rc1`) does not count."""
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _damaged(folder: Path, fault: str) -> UsageError:
    return UsageError(
        f"The record in '{folder / FOLDER}' is damaged: {fault}.",
        "Take the folder from the project's history, or a backup.",
    )


def is_inside(path: Any) -> bool:
    """Whether what a file says is the path of something that a template may make, down from the project's folder."""
    if not isinstance(path, str) or "\\" in path or "\0" in path:
        return False
    parts = PurePosixPath(path).parts
    return bool(parts) and parts[0] not in ("/", "//", str(FOLDER)) and not {"..", ".git"} & set(parts)


def _file(content: bytes) -> ProjectFile:
    return ProjectFile(content, 0o644, str(FOLDER))


def _project_toml(files: Mapping[PurePosixPath, ProjectFile], origin: Origin) -> str:
    lines = [
        "# How this project was made; `scaffold` reads it to change the project later.",
        f"template = {toml_literal(origin.template)}",
        *([f"source = {toml_literal(origin.source)}"] if origin.source else []),
        f"name = {toml_literal(origin.name.project)}",
        f"version = {toml_literal(__version__)}",
        f"ruff = {toml_literal(ruff_version())}",
        *([f"runtime = {toml_literal(list(origin.added))}"] if origin.added else []),
        *([f"deleted = {toml_literal(list(origin.deleted))}"] if origin.deleted else []),
        "",
        "[answers]",
        *(f"{_key(name)} = {toml_literal(value)}" for name, value in origin.answers.items()),
        *(["", "[renamed]"] if origin.renamed else []),
        *(f"{toml_literal(made)} = {toml_literal(now)}" for made, now in sorted(origin.renamed.items())),
        "",
        "[hashes] # SHA-256 of each file as it was made",
        *(
            f"{toml_literal(str(path))} = {toml_literal(hashlib.sha256(files[path].content).hexdigest())}"
            for path in sorted(files)
        ),
    ]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_literal(name)


def _archive(files: Mapping[PurePosixPath, ProjectFile]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files):
            entry = tarfile.TarInfo(str(path))
            entry.size = len(files[path].content)
            entry.mode = files[path].mode
            archive.addfile(entry, io.BytesIO(files[path].content))
    return lzma.compress(buffer.getvalue(), preset=1)  # a tenth larger than preset 6, six times as fast
