"""Small templates to generate from, and the whole wording of errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from scaffold.errors import ScaffoldError
from scaffold.template.catalog import Catalog, load_catalog

TEMPLATES = Path(__file__).parent / "fixtures" / "templates"

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]
MakeCatalog = Callable[[Mapping[str, str | bytes]], Catalog]


@pytest.fixture
def templates() -> Path:
    """The folder of the small templates."""
    return TEMPLATES


@pytest.fixture
def catalog(templates: Path) -> Catalog:
    """The small templates."""
    return load_catalog(templates)


@pytest.fixture
def make_catalog(tmp_path: Path) -> MakeCatalog:
    """Makes a catalog of the files that are given by their path and content."""

    def make(files: Mapping[str, str | bytes]) -> Catalog:
        for path, content in files.items():
            target = tmp_path / "layers" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_catalog(tmp_path / "layers")

    return make


@pytest.fixture
def refused() -> Refusal:
    """Expects an error of exactly this kind, with exactly this message and hint."""

    @contextmanager
    def expect(kind: type[ScaffoldError], message: str, hint: str) -> Generator[None]:
        with pytest.raises(kind) as caught:
            yield
        assert (type(caught.value), caught.value.message, caught.value.hint) == (kind, message, hint)

    return expect


@pytest.fixture
def environment() -> dict[str, str]:
    """An environment for child processes that find both packages."""
    root = Path(__file__).parents[2]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "generator"), str(root / "runtime")])}
