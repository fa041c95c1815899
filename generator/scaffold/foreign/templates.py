"""The templates that a name, a folder or a place means: those that come with this tool, or somebody else's."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..template.catalog import Catalog, load_catalog
from .source import is_elsewhere, read_source

if TYPE_CHECKING:
    from .opening import Agree, Place


@dataclass(frozen=True)
class Templates:
    """Templates, as long as they are here.

    Attributes:
        catalog: those of ours.
        template: the one that was named, if any.
        place: where they were brought from, if they are from elsewhere.
    """

    catalog: Catalog
    template: str | None
    place: Place | None = None


@contextmanager
def open_templates(named: str | None, folder: Path | None, agree: Agree) -> Generator[Templates]:
    """The templates that are meant.

    Args:
        named: one of them, or a place: `gh:org/repo`, a git URL, a zip, a folder.
        folder: where templates are, instead of those that come with this tool.
        agree: asked before any code of a template runs.

    Raises:
        UsageError: they cannot be had, or may not run.
        TemplateError: they are none, or hostile.
    """
    if named is None or not is_elsewhere(named):
        yield Templates(load_catalog(folder), named)
        return
    if folder is not None:
        raise UsageError(
            f"`--template {named}` is a place, and so is `--templates {folder}`.", "Leave one of them out."
        )
    from .opening import open_source  # brings what cookiecutter and the network need

    with open_source(read_source(named), agree) as place:
        yield Templates(place.catalog or load_catalog(), place.template, place)
