"""Opens a template from elsewhere: says what it is, and refuses what its user has not agreed to."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from ..errors import TemplateError, UsageError
from ..template.catalog import Catalog, load_catalog
from .cookiecutter_session import Cookiecutter, opened
from .fetch import fetched
from .source import Source
from .suspicion import walk
from .trust import digest, is_trusted, remember_trust

Agree = Callable[[str], bool]
"""Asks a user to let code run, which the words describe."""


@dataclass(frozen=True)
class Place:
    """A template from elsewhere, as long as it is here.

    Attributes:
        source: where it came from.
        catalog: its layers, if it is one of ours; else nothing.
        template: the one of them that was named, if any was.
        cookiecutter: a template of cookiecutter's, if it is one.
    """

    source: Source
    catalog: Catalog | None = None
    template: str | None = None
    cookiecutter: Cookiecutter | None = None


@contextmanager
def open_source(source: Source, agree: Agree) -> Generator[Place]:
    """A template from elsewhere.

    Args:
        source: where it is.
        agree: asked before any code of it runs, unless the user agreed to the same content before.

    Raises:
        UsageError: it cannot be had, or may not run.
        TemplateError: it is no template, or a hostile one.
    """
    with fetched(source) as (root, folder):
        if (folder / "layer.toml").is_file() or not (folder / "cookiecutter.json").is_file():
            yield _ours(source, root, folder)
            return
        known = digest(root)
        if not is_trusted(known):
            if not agree(_what_would_run(root, folder)):
                raise UsageError(f"'{source.text}' may not run its code, so it cannot be rendered.", "Nothing was run.")
            remember_trust(known, source.text)
        with opened(folder, source) as cookiecutter:
            yield Place(source, cookiecutter=cookiecutter)


def catalog_at(root: Path, name: str) -> Catalog:
    """Layers of ours in somebody's folder: one at the top of it, or folders of them.

    Raises:
        TemplateError: there is none, or a link.
    """
    if not root.is_dir() or next(root.rglob("layer.toml"), None) is None:
        raise TemplateError(f"'{name}' holds no template.", "A template has a `layer.toml`, or a `cookiecutter.json`.")
    if link := next((path for path in walk(root) if path.is_symlink()), None):  # a folder's would never end
        raise TemplateError(f"'{link.relative_to(root)}' in '{name}' is a link.", "Put the file itself there.")
    if (root / "layer.toml").is_file():
        below = load_catalog(root).ids
        ids = tuple((Path(root.name) / layer_id).as_posix() for layer_id in below)
        return Catalog(root.parent, ids, load_catalog())
    return load_catalog(root)


def _ours(source: Source, root: Path, folder: Path) -> Place:
    catalog = catalog_at(root, source.text)
    named = folder.relative_to(catalog.folder).as_posix()
    names = [layer.id for layer in catalog.templates()]
    template = catalog.template(named).id if named in catalog.ids else names[0] if len(names) == 1 else None
    places = {name: source.text if template else source.with_folder(name).text for name in names}
    return Place(source, replace(catalog, places=places), template)


def _what_would_run(root: Path, folder: Path) -> str:
    """What of a template's is code, in words."""
    hooks = sorted(path.relative_to(root).as_posix() for path in root.rglob("hooks/*") if path.is_file())
    try:
        extensions: Any = json.loads((folder / "cookiecutter.json").read_text(encoding="utf-8")).get("_extensions")
    except (ValueError, AttributeError, RecursionError):
        extensions = None
    parts = ["expressions that may do anything"]
    parts += [f"hooks ({', '.join(hooks)})"] if hooks else []
    parts += (
        [f"extensions ({', '.join(map(str, cast('list[Any]', extensions)))})"] if isinstance(extensions, list) else []
    )
    return ", ".join(parts)
