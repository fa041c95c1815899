from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.build import runtime_index
from scaffold.build.imports import ImportStatement
from scaffold.build.runtime_index import Index, index_text, own_index
from scaffold.build.runtime_source import RuntimeSource, own_runtime
from scaffold.life.finish import generate
from scaffold.template.catalog import load_catalog

ROOT = Path(__file__).parents[3]
MODULES = {
    "__init__.py": "",
    "fuel.py": "burn = 1\n",
    "engine/__init__.py": "from .motor import Motor as Motor\n",
    "engine/motor.py": "import yaml\n\nfrom .. import fuel\n\nMotor = fuel.burn, yaml.load\n",
}


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """A small runtime."""
    root = tmp_path / "scaffold_runtime"
    for path, text in MODULES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that had to be parsed."""
    found: list[str] = []
    read: Callable[..., list[ImportStatement]] = runtime_index.read_imports

    def counting(tree: object, module: str, **settings: object) -> list[ImportStatement]:
        found.append(module)
        return read(tree, module, **settings)

    monkeypatch.setattr(runtime_index, "read_imports", counting)
    return found


def test_what_is_indexed_is_not_parsed(runtime: Path, parsed: list[str]) -> None:
    """The index says of each module what parsing it says, names that are read off another module included."""
    without = RuntimeSource(runtime)
    modules = without.closure(["scaffold_runtime.engine.motor"])
    files = without.files(modules)
    index = Index(json.loads(index_text(runtime)))
    parsed.clear()
    indexed = RuntimeSource(runtime, index)
    assert indexed.closure(["scaffold_runtime.engine.motor"]) == modules
    assert indexed.files(modules) == files
    assert indexed.libraries(modules) == {"yaml"}
    assert parsed == []


def test_a_module_that_has_changed_is_parsed_anew(runtime: Path, parsed: list[str]) -> None:
    """An entry counts only for the very source that it was read from."""
    index = Index(json.loads(index_text(runtime)))
    (runtime / "engine/motor.py").write_text("from ..sail import hoist\n")
    (runtime / "sail.py").write_text("hoist = 1\n")
    parsed.clear()
    modules = RuntimeSource(runtime, index).closure(["scaffold_runtime.engine.motor"])
    assert modules == {"scaffold_runtime.engine.motor", "scaffold_runtime.sail"}
    assert sorted(parsed) == ["scaffold_runtime.engine.motor", "scaffold_runtime.sail"]


@pytest.mark.parametrize("text", [None, "", "{", "[]"])
def test_a_missing_or_damaged_index_knows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    """A checkout has no index, and a damaged one is as none: the modules are parsed."""
    if text is not None:
        (tmp_path / "index.json").write_text(text)
    monkeypatch.setattr(runtime_index, "INDEX_FILE", tmp_path / "index.json")
    assert own_index().imports("p.a", "from .b import c", is_package=False) == [
        ImportStatement(1, 1, "p.b", [("c", "c", [])])
    ]


def test_the_same_project_with_the_index_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default project of our own runtime is the same to the byte, whoever read the imports."""
    root = ROOT / "runtime/scaffold_runtime"
    indexed = RuntimeSource(root, Index(json.loads(index_text(root))))
    projects: list[object] = []
    for source in (RuntimeSource(root), indexed):
        monkeypatch.setattr("scaffold.life.finish.own_runtime", lambda source=source: source)
        projects.append(generate(load_catalog(), "vision-classification", "my-line", {}).files)
    assert projects[0] == projects[1]
    assert own_runtime() is own_runtime()
