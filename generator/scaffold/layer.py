"""A layer: a folder of files that become part of a project, and `layer.toml`, which says how.

The file is read strictly: a misspelt key is an error that names the file, not an option that does nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .errors import TemplateError, nearest
from .options import KINDS, Choice, Option, check_value

LAYER_KEYS = (
    ["help", "description", "template", "extends", "needs", "refuses", "replaces", "options", "dependencies", "slots"]
)  # fmt: skip
OPTION_KEYS = ["type", "default", "help", "choices", "when", "layers"]
CHOICE_KEYS = ["help", "layers"]
DEPENDENCY_KEYS = ["runtime", "dev"]


@dataclass(frozen=True)
class Layer:
    """What `layer.toml` says, and the files beside it.

    Attributes:
        id: path below the templates folder, such as `loggers/tensorboard`.
        help: one line.
        description: several, for `scaffold show`.
        template: whether users can name it.
        extends: layers below this one.
        needs: layers that must be there too.
        refuses: layers that must not be there.
        replaces: paths of lower layers that it overwrites on purpose.
        options: its questions.
        dependencies: requirements for running (`runtime`) and for working on the project (`dev`).
        slots: entries for the lists where layers meet; texts, or tables of texts.
        files: path in the project to the file's bytes and mode.
    """

    id: str
    help: str
    description: str
    template: bool
    extends: tuple[str, ...]
    needs: tuple[str, ...]
    refuses: tuple[str, ...]
    replaces: tuple[str, ...]
    options: tuple[Option, ...]
    dependencies: Mapping[str, tuple[str, ...]]
    slots: Mapping[str, tuple[Any, ...]]
    files: Mapping[PurePosixPath, tuple[bytes, int]]


def read_layer(folder: Path, layer_id: str) -> Layer:
    """The layer in `folder`.

    Raises:
        TemplateError: `layer.toml` is no TOML, lacks `help`, or holds what a layer does not know.
    """
    source = folder / "layer.toml"
    try:
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"'{source}' is not valid TOML: {error}.", "Mend the file, and run again.") from None
    _check_keys(source, "a layer", table, LAYER_KEYS)
    if "help" not in table:
        raise TemplateError(f"'{source}' has no `help`.", "Say in one line what the layer is for.")
    dependencies: dict[str, Any] = table.get("dependencies", {})
    _check_keys(source, "`dependencies`", dependencies, DEPENDENCY_KEYS)
    return Layer(
        id=layer_id,
        help=table["help"],
        description=table.get("description", "").strip(),
        template=table.get("template", False),
        extends=tuple(table.get("extends", ())),
        needs=tuple(table.get("needs", ())),
        refuses=tuple(table.get("refuses", ())),
        replaces=tuple(table.get("replaces", ())),
        options=tuple(_read_option(source, name, entry) for name, entry in table.get("options", {}).items()),
        dependencies={kind: tuple(dependencies.get(kind, ())) for kind in DEPENDENCY_KEYS},
        slots={name: tuple(entries) for name, entries in table.get("slots", {}).items()},
        files=_read_files(folder / "files"),
    )


def _read_option(source: Path, name: str, table: dict[str, Any]) -> Option:
    _check_keys(source, f"option '{name}'", table, OPTION_KEYS)
    for key in ("type", "default", "help"):
        if key not in table:
            raise TemplateError(
                f"Option '{name}' in '{source}' has no `{key}`.", "It needs `type`, `default` and `help`."
            )
    if table["type"] not in KINDS:
        raise TemplateError(
            f"Option '{name}' in '{source}' has the type '{table['type']}'.", f"Types: {', '.join(KINDS)}."
        )
    choices: dict[str, dict[str, Any]] = table.get("choices", {})
    for choice, entry in choices.items():
        _check_keys(source, f"choice '{choice}' of '{name}'", entry, CHOICE_KEYS)
    option = Option(
        name=name,
        kind=table["type"],
        default=table["default"],
        help=table["help"],
        choices=tuple(
            Choice(key, entry.get("help", ""), tuple(entry.get("layers", ()))) for key, entry in choices.items()
        ),
        when=table.get("when"),
        layers=tuple(table.get("layers", ())),
    )
    try:
        check_value(option, option.default)
    except Exception as error:
        raise TemplateError(
            f"The default of option '{name}' in '{source}' does not fit: {error}", "Mend the default."
        ) from None
    return option


def _check_keys(source: Path, what: str, table: Mapping[str, Any], known: list[str]) -> None:
    for key in table:
        if key not in known:
            near = nearest(key, known)
            meant = f"Did you mean '{near}'? " if near else ""
            raise TemplateError(f"'{source}': {what} has no key '{key}'.", f"{meant}Keys: {', '.join(known)}.")


def _read_files(folder: Path) -> dict[PurePosixPath, tuple[bytes, int]]:
    """Every file below `folder`; what Python leaves beside sources is none of them."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {
        PurePosixPath(path.relative_to(folder).as_posix()): (
            path.read_bytes(),
            0o755 if path.stat().st_mode & 0o100 else 0o644,
        )
        for path in found
    }
