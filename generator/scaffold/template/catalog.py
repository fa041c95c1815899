"""The layers that there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import TemplateError, did_you_mean, unknown
from .layer import Layer, read_layer

LISTING = "`scaffold list` shows all of them."


@dataclass(frozen=True)
class Catalog:
    """A folder of layers; a layer is read when it is first asked for.

    Attributes:
        folder: where they are.
        ids: paths of layers below it.
        built_in: layers that these may build on, if they are not those themselves.
        places: where templates were brought from, as `--template` takes it; of those that came with this tool, nothing.
    """

    folder: Path
    ids: tuple[str, ...]
    built_in: Catalog | None = None
    places: Mapping[str, str] = field(default_factory=dict[str, str])
    _read: dict[str, Layer] = field(default_factory=dict[str, Layer], init=False, repr=False, compare=False)

    def layer(self, layer_id: str, *, named_by: str | None = None) -> Layer:
        """One layer.

        Args:
            layer_id: its path below the folder.
            named_by: the layer that speaks of it, for the error.

        Raises:
            TemplateError: there is none of this id.
        """
        if layer_id not in self.ids:
            if self.built_in and layer_id in self.built_in.ids:
                return self.built_in.layer(layer_id)
            where = f", which '{named_by}' names" if named_by else ""
            known = (*self.ids, *(self.built_in.ids if self.built_in else ()))
            hint = f"{did_you_mean(layer_id, known)}Layers: {', '.join(self.ids)}."
            raise TemplateError(f"There is no layer '{layer_id}'{where}.", hint)
        if layer_id not in self._read:
            self._read[layer_id] = read_layer(self.folder / layer_id, layer_id)
        return self._read[layer_id]

    def folders(self) -> tuple[Path, ...]:
        """Where these layers are, and those that they may build on."""
        return (self.folder, *(self.built_in.folders() if self.built_in else ()))

    def templates(self) -> list[Layer]:
        """The layers that users can name, sorted."""
        return [layer for layer in map(self.layer, self.ids) if layer.template]

    def template(self, name: str) -> Layer:
        """The template of this name.

        Raises:
            UsageError: there is none.
        """
        if name in self.ids and self.layer(name).template:
            return self.layer(name)
        raise unknown("template", name, [layer.id for layer in self.templates()], listing=LISTING)

    def could_fill(self, slot: str) -> bool:
        """Whether some layer, of this template or of another one, adds to a list; who does not name it is not read."""
        known_first = sorted(self.ids, key=lambda layer_id: layer_id not in self._read)
        layers = (self.layer(layer_id) for layer_id in known_first if self._mentions(layer_id, slot))
        fills = any(slot in adds.slots for layer in layers for adds in layer.all_adds())
        return fills or (self.built_in is not None and self.built_in.could_fill(slot))

    def requirements(self) -> frozenset[str]:
        """What projects of some layers depend on."""
        own = requirements_of(self.layer(layer_id) for layer_id in self.ids)
        return own | (self.built_in.requirements() if self.built_in else frozenset[str]())

    def _mentions(self, layer_id: str, word: str) -> bool:
        return word.encode() in (self.folder / layer_id / "layer.toml").read_bytes()


def requirements_of(layers: Iterable[Layer]) -> frozenset[str]:
    """What projects with these layers can depend on, whatever is chosen of them."""
    return frozenset(
        requirement for layer in layers for adds in layer.all_adds() for requirement in adds.all_requirements()
    )


def load_catalog(folder: Path | None = None) -> Catalog:
    """The layers below `folder`, which may build on those that come with this package; or those alone.

    Raises:
        TemplateError: the folder holds no layer.
    """
    built_in = load_catalog() if folder else None
    folder = folder or own_templates()
    ids = sorted(layer.relative_to(folder).as_posix() for layer in _layer_folders(folder))
    if not ids:
        raise TemplateError(f"'{folder}' holds no template.", "A template is a folder with a `layer.toml`.")
    return Catalog(folder, tuple(ids), built_in)


def _layer_folders(folder: Path) -> Iterator[Path]:
    """Folders with a `layer.toml`; what lies in a layer's `files/` is not looked at."""
    is_layer = (folder / "layer.toml").is_file()
    if is_layer:
        yield folder
    for child in folder.iterdir() if folder.is_dir() else ():
        if child.is_dir() and not (is_layer and child.name == "files"):
            yield from _layer_folders(child)


def own_templates() -> Path:
    """Where those are that came with this tool: `scaffold/templates` in a wheel; beside `generator/` in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent.parent / "templates"
