"""The layers that there are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .errors import TemplateError, unknown
from .layer import Layer, read_layer

LISTING = "`scaffold list` shows all of them."


@dataclass(frozen=True)
class Catalog:
    """A folder of layers; a layer is read when it is first asked for.

    Attributes:
        folder: where they are.
        ids: paths of layers below it.
    """

    folder: Path
    ids: tuple[str, ...]

    @cached_property
    def _read(self) -> dict[str, Layer]:
        return {}

    def layer(self, layer_id: str) -> Layer:
        """One layer.

        Raises:
            TemplateError: there is none of this id.
        """
        if layer_id not in self.ids:
            raise TemplateError(f"There is no layer '{layer_id}'.", f"Layers: {', '.join(self.ids)}.")
        if layer_id not in self._read:
            self._read[layer_id] = read_layer(self.folder / layer_id, layer_id)
        return self._read[layer_id]

    def templates(self) -> list[Layer]:
        """The layers that users can name, sorted."""
        return [layer for layer in map(self.layer, self.ids) if layer.template]

    def template(self, name: str) -> Layer:
        """The template of this name.

        Raises:
            UsageError: there is none.
        """
        known = [layer.id for layer in self.templates()] if name not in self.ids else [name]
        if name not in known or not self.layer(name).template:
            raise unknown("template", name, [layer.id for layer in self.templates()], listing=LISTING)
        return self.layer(name)

    def slot_names(self) -> frozenset[str]:
        """The lists that some layer adds to."""
        return frozenset(slot for layer in map(self.layer, self.ids) for slot in layer.slots)


def load_catalog(folder: Path | None = None) -> Catalog:
    """The layers below `folder`, or those that come with this package.

    Raises:
        TemplateError: the folder holds no layer.
    """
    folder = folder or _own_templates()
    ids = sorted(path.parent.relative_to(folder).as_posix() for path in folder.rglob("layer.toml"))
    if not ids:
        raise TemplateError(f"'{folder}' holds no template.", "A template is a folder with a `layer.toml`.")
    return Catalog(folder, tuple(ids))


def _own_templates() -> Path:
    """`scaffold/templates` in a wheel; beside `generator/` in a checkout."""
    package = Path(__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent.parent / "templates"
