"""A layer: a folder of files that become part of a project, and `layer.toml`, which says how.

The file is read strictly: a misspelt key is an error that names the file, not an option that does nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import TemplateError, UsageError
from .contribution import CONTRIBUTION_KEYS, Contribution, read_contribution
from .layer_table import LayerTable
from .options import FLAGS, KINDS, Choice, Option, check_value

LAYER_KEYS = ["help", "description", "template", "extends", "needs", "refuses", "replaces", "moved", "options"]
OPTION_KEYS = ["type", "default", "help", "choices", "when", "layers", "flag", "ordered", "ask", "summary", "before"]
CHOICE_KEYS = ["help", "layers", "refuses", *CONTRIBUTION_KEYS]
CONTEXT_NAMES = ("project_name", "package_name", "template", "layers", "dependencies", "slots", "values")
"""What templates are rendered with beside the options; no option can have these names."""


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
        moved: paths in projects of older versions, and what they are called now.
        options: its questions.
        adds: what it brings to the files where layers meet.
        folder: where its `layer.toml` and its files are.
    """

    id: str
    help: str
    description: str
    template: bool
    extends: tuple[str, ...]
    needs: tuple[str, ...]
    refuses: tuple[str, ...]
    replaces: tuple[str, ...]
    moved: Mapping[str, str]
    options: tuple[Option, ...]
    adds: Contribution
    folder: Path

    def all_adds(self) -> list[Contribution]:
        """What it and each of its choices bring, chosen or not."""
        return [self.adds, *(choice.adds for option in self.options for choice in option.choices)]

    @cached_property
    def files(self) -> Mapping[PurePosixPath, tuple[bytes, int]]:
        """Path in the project to the file's bytes and mode; read when the layer is chosen.

        Raises:
            TemplateError: a file is a link, or there is none that `replaces` names.
        """
        files = _read_files(self.folder / "files")
        own = {str(without_jinja(path)) for path in files}
        for path in self.replaces:
            if path not in own:
                fault = f"names '{path}' under `replaces`, which it does not have"
                raise TemplateError(f"The layer in '{self.folder / 'layer.toml'}' {fault}.", "Mend or remove the path.")
        return files


def read_layer(folder: Path, layer_id: str) -> Layer:
    """The layer in `folder`.

    Raises:
        TemplateError: `layer.toml` is no TOML, lacks `help`, or holds what a layer does not know.
    """
    source = folder / "layer.toml"
    table = LayerTable(source, "The layer", _parse(source), [*LAYER_KEYS, *CONTRIBUTION_KEYS])
    return Layer(
        id=layer_id,
        help=table.text("help"),
        description=table.text("description", "").strip(),
        template=table.flag("template"),
        extends=table.texts("extends"),
        needs=table.texts("needs"),
        refuses=table.texts("refuses"),
        replaces=table.texts("replaces"),
        moved=_read_moved(table.table("moved", "`moved`")),
        options=tuple(_read_option(option) for option in table.tables("options", "Option", OPTION_KEYS)),
        adds=read_contribution(table),
        folder=folder,
    )


def without_jinja(path: PurePosixPath) -> PurePosixPath:
    """The path that a layer's file is written to: rendered files lose `.jinja`.

    Example:
        >>> str(without_jinja(PurePosixPath("docs/index.md.jinja")))
        'docs/index.md'
    """
    return path.with_suffix("") if path.suffix == ".jinja" else path


def _parse(source: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"'{source}' is not valid TOML: {error}.", "Mend the file, and run again.") from None


def _read_option(table: LayerTable) -> Option:
    option = Option(
        name=table.name,
        kind=table.choice("type", KINDS),
        default=table.required("default"),
        help=table.text("help"),
        choices=tuple(_read_choice(choice) for choice in table.tables("choices", "Choice", CHOICE_KEYS)),
        when=table.text("when") if "when" in table.content else None,
        layers=table.texts("layers"),
        flag=table.choice("flag", FLAGS) if "flag" in table.content else None,
        ordered=table.flag("ordered"),
        ask=table.flag("ask", default=True),
        summary=table.flag("summary"),
        before=table.table("before", "`before`").content,
    )
    _check_option(option, table)
    return option


def _read_choice(table: LayerTable) -> Choice:
    return Choice(
        name=table.name,
        help=table.text("help", ""),
        layers=table.texts("layers"),
        refuses=table.texts("refuses"),
        adds=read_contribution(table),
    )


def _read_moved(table: LayerTable) -> dict[str, str]:
    return {path: table.text(path) for path in table.content}


def _check_option(option: Option, table: LayerTable) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", option.name) or option.name in CONTEXT_NAMES:
        taken = f"and is none of {', '.join(CONTEXT_NAMES)}"
        raise table.error("cannot be called so", f"A name has lower-case letters, digits and underscores, {taken}.")
    if bool(option.choices) != (option.kind in ("choice", "multi-choice")):
        raise table.error(f"is of type '{option.kind}'", "A choice has `choices`, and nothing else has.")
    if option.layers and option.kind != "bool":
        raise table.error(f"is of type '{option.kind}'", "Only a bool has `layers` of its own; a choice's choices do.")
    if option.ordered and option.kind != "multi-choice":
        raise table.error(f"is of type '{option.kind}'", "Only the choices of a multi-choice have an order.")
    if option.flag and not option.choices:
        raise table.error(f"is of type '{option.kind}'", "Only a choice or a multi-choice has a flag of its own.")
    try:
        for value in (option.default, *option.before.values()):
            check_value(option, value)
    except UsageError as error:
        raise table.error("has a default that does not fit", f"{error.message} {error.hint}") from None


def _read_files(folder: Path) -> dict[PurePosixPath, tuple[bytes, int]]:
    """Every file below `folder`; what Python leaves beside sources is none of them."""
    found = sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    for link in (path for path in found if path.is_symlink()):  # it may lead to anything on the user's disk
        raise TemplateError(f"'{link}' is a link.", "Put the file itself there.")
    return {
        PurePosixPath(path.relative_to(folder).as_posix()): (
            path.read_bytes(),
            0o755 if path.stat().st_mode & 0o100 else 0o644,  # all that git keeps of a mode
        )
        for path in found
        if path.is_file()
    }
