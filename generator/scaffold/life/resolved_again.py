"""What follows today from the answers that a project was made of, wherever its template is."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..foreign.templates import open_templates
from ..template.catalog import Catalog
from ..template.resolution import Resolution
from .record import Record, resolve_again

if TYPE_CHECKING:
    from ..foreign.opening import Agree


@contextmanager
def resolved_again(
    record: Record, folder: Path, templates: Path | Catalog | None, agree: Agree, answers: Mapping[str, Any]
) -> Generator[Resolution]:
    """The resolution, as long as the template is here.

    Args:
        record: what the project remembers.
        folder: the project's.
        templates: where its template is now, if not where it was.
        agree: asked before any code of a template runs.
        answers: new ones, which win.

    Raises:
        UsageError: its template cannot be had, may not run, or has changed too much; or a new answer cannot be had.
        TemplateError: the template is hostile, or fails.
    """
    if isinstance(templates, Catalog):
        yield resolve_again(record, templates, folder, answers=answers)
        return
    with open_templates(record.origin.source, templates, agree) as there:
        if there.place is not None and there.place.cookiecutter is not None:
            cookiecutter = there.place.cookiecutter
            known = cookiecutter.resolve({**record.origin.answers, **answers}, strict=False).answers
            yield cookiecutter.resolve({**known, **answers})
        else:
            yield resolve_again(record, there.catalog, folder, answers=answers)
