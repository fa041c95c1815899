from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from scaffold.errors import ScaffoldError, TemplateError, UsageError
from scaffold.template.catalog import Catalog, load_catalog

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]
MakeCatalog = Callable[[Mapping[str, str | bytes]], Catalog]

IDS = ("base", "extras/notes", "extras/plot", "extras/table", "losses/absolute", "losses/squared", "tiny")


def test_layers_are_found_by_their_folders(catalog: Catalog) -> None:
    """A folder with a `layer.toml` is a layer, at any depth, and is called by its path."""
    assert catalog.ids == IDS
    assert catalog.layer("losses/absolute").help == "The absolute error."


def test_templates_are_the_layers_that_say_so(catalog: Catalog) -> None:
    """Users can name the layers with `template = true` and no others."""
    assert [template.id for template in catalog.templates()] == ["tiny"]
    assert catalog.template("tiny").extends == ("base",)


@pytest.mark.parametrize("name", ["tinny", "base"])
def test_an_unknown_template_is_refused(catalog: Catalog, refused: Refusal, name: str) -> None:
    """A misspelt template, or a layer that is none, is a user's mistake."""
    meant = "Did you mean 'tiny'? " if name == "tinny" else ""
    with refused(UsageError, f"There is no template '{name}'.", f"{meant}`scaffold list` shows all of them."):
        catalog.template(name)


def test_an_unknown_layer_is_refused(catalog: Catalog, refused: Refusal) -> None:
    """A layer that is not there is the mistake of the layer that names it."""
    listing = f"Did you mean 'extras/notes'? Layers: {', '.join(IDS)}."
    with refused(TemplateError, "There is no layer 'extra/notes', which 'tiny' names.", listing):
        catalog.layer("extra/notes", named_by="tiny")


def test_every_slot_of_the_catalog_is_known(catalog: Catalog) -> None:
    """A template may loop over a list that only a layer which is not chosen would fill."""
    assert [name for name in ("readme", "rows", "row", "owner") if catalog.could_fill(name)] == ["readme", "rows"]


def test_a_layer_is_read_when_it_is_asked_for(make_catalog: MakeCatalog) -> None:
    """A broken layer is no obstacle to a project that does without it."""
    catalog = make_catalog({"good/layer.toml": 'help = "Good."', "broken/layer.toml": "help ="})
    assert catalog.layer("good") is catalog.layer("good")


def test_a_project_may_hold_a_layer_toml(make_catalog: MakeCatalog) -> None:
    """What lies in a layer's files is content, whatever it is called."""
    catalog = make_catalog({"a/layer.toml": 'help = "A."', "a/files/layer.toml": "x", "files/b/layer.toml": "x"})
    assert catalog.ids == ("a", "files/b")


def test_a_folder_without_layers_is_refused(tmp_path: Path, refused: Refusal) -> None:
    """An empty folder and a missing one hold no template, and the folder is named."""
    for folder in (tmp_path, tmp_path / "missing"):
        with refused(TemplateError, f"'{folder}' holds no template.", "A template is a folder with a `layer.toml`."):
            load_catalog(folder)


def test_the_templates_that_come_with_the_package_are_found() -> None:
    """Without a folder, the catalog is the one that users install."""
    assert "vision-classification" in [template.id for template in load_catalog().templates()]
