"""The page about what is printed for programs says what is printed."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Mapping
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from tests.projects import ROOT

from scaffold.cli.app import run

PAGE = (ROOT / "docs/json.md").read_text()
SECTIONS = dict(re.findall(r"^## `(torch-scaffold/\S+)`: .*\n((?:(?!## ).*\n)*)", PAGE, re.M))
TEMPLATES = ROOT / "tests/generator/cli/fixtures/templates"
BY_NAME = {"answers", "changed_answers", "lost_imports", "beside", "classes"}
"""Tables whose keys are names of options, files and the like."""
TRAIN = "src/trial/train.py"


def documented(schema: str) -> dict[str, str]:
    """The keys of a schema, each with the row of the table that is about it."""
    rows = re.findall(r"^\| (`.*?) \| (.*) \|$", SECTIONS[schema].partition("| fate |")[0], re.M)
    return {key: f"{keys} {text}" for keys, text in rows for key in re.findall(r"`(\w+)`", keys)}


def tables(value: Any) -> list[Mapping[str, Any]]:
    """The tables that a value is, or lists."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the commands print over the life of a project."""
    folder = tmp_path_factory.mktemp("json")
    with chdir(folder):
        return life(folder)


def life(folder: Path) -> list[dict[str, Any]]:
    """A project is made, changed, left in conflict, taken back, looked at and forgotten; its template too."""
    shutil.copytree(TEMPLATES, folder / "templates")
    found: list[dict[str, Any]] = []

    def command(*words: str) -> None:
        with redirect_stdout(io.StringIO()) as out:
            run([*words, "--json"])
        found.append(json.loads(out.getvalue()))

    def changed(*words: str) -> None:
        command(*words, "--project", "trial", "--templates", "templates")

    command("list", "--templates", "templates")
    command("show", "greeting", "--templates", "templates")
    command("show", "greting", "--templates", "templates")
    command("new", "trial", "-t", "greeting", "--templates", "templates", "--no-git")
    command("new", "text", "-t", "text-classification", "--dry-run", *labelled(folder))
    changed("add")
    changed("set", "tone=loud", "volume=3")
    changed("status")
    train = folder / "trial" / TRAIN
    train.write_text(train.read_text().replace('"loud"', '"hot"'))
    changed("diff")
    changed("set", "tone=warm")
    changed("status")
    command("update", "--abort", "--project", "trial")
    command("doctor", "--no-run", "--project", "trial")
    shutil.rmtree(folder / "trial/.scaffold")
    changed("adopt", "--dry-run")
    command("template", "new", "mine")
    (folder / "templates/poem/files/left-over.txt").write_text("{{ here }}\n")
    command("template", "check", "templates/poem")
    return found


def labelled(folder: Path) -> list[str]:
    """Words that name a table of texts and labels."""
    file = folder / "texts.csv"
    file.write_text("text,label\n" + "".join(f"text {number},{'ab'[number % 2]}\n" for number in range(40)))
    return ["--data", str(file), "--set", "text_column=text", "--set", "label_column=label"]


def test_every_key_is_there_and_described(said: list[dict[str, Any]]) -> None:
    """A document has the keys of its table, and keys further in stand in the row of the key around them."""
    for document in said:
        rows = documented(document["schema"])
        assert {*document} - {"schema"} == {*rows}, document["schema"]
        for key, value in document.items():
            for table in tables(value) if key not in BY_NAME else []:
                missing = [inner for inner in table if f"`{inner}`" not in rows[key]]
                assert not missing, (document["schema"], key)
    filled = {(document["schema"], key) for document in said for key, value in document.items() if value}
    assert {("torch-scaffold/new/1", "data"), ("torch-scaffold/status/1", "unfinished")} <= filled


def test_every_schema_is_described_and_met(said: list[dict[str, Any]]) -> None:
    """The page has a section for each schema of the code, and all of them are among the documents compared."""
    sources = "".join(path.read_text() for path in (ROOT / "generator/scaffold").rglob("*.py"))
    known = set(re.findall(r'"(torch-scaffold/[\w-]+/\d+)"', sources))
    assert known == {*SECTIONS} == {document["schema"] for document in said}
