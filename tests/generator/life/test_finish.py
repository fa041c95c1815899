from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from scaffold.errors import ScaffoldError, UsageError
from scaffold.life.finish import generate
from scaffold.template.catalog import Catalog, load_catalog

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]

DIGESTS = """
import hashlib, json, os, sys
from pathlib import Path
os.umask(int(sys.argv[1], 8))
from scaffold.template.catalog import load_catalog
from scaffold.life.finish import generate
answers = {"notes": True, "extras": ["plot", "table"], "owner": "\\u00e9"}
project = generate(load_catalog(Path(sys.argv[2])), "tiny", "my-line", answers)
print(json.dumps([[str(p), f.mode, f.layer, hashlib.sha256(f.content).hexdigest()] for p, f in project.files.items()]))
"""


def test_a_template_takes_a_folder_and_no_python(templates: Path, tmp_path: Path) -> None:
    """A folder that extends what there is becomes a template of its own, with its option, file and runtime."""
    shutil.copytree(templates, tmp_path / "templates")
    files = tmp_path / "templates/circle/files/src/project_name"
    files.mkdir(parents=True)
    (files / "area.py.jinja").write_text(
        "from scaffold_runtime.metrics import Accuracy\nRADIUS={{ radius }}\nmetric=Accuracy\n"
    )
    (tmp_path / "templates/circle/layer.toml").write_text(
        'help = "A circle."\ntemplate = true\nextends = ["base"]\n[slots]\nreadme = ["Round."]\n'
        '[options.loss]\ntype = "str"\ndefault = "none"\nhelp = "What to make small?"\n'
        '[options.radius]\ntype = "float"\ndefault = 1.0\nhelp = "How large?"\n'
    )
    project = generate(load_catalog(tmp_path / "templates"), "circle", "my-circle", {"radius": 2.0})
    assert project.files[PurePosixPath("src/my_circle/area.py")].content == (
        b"from .runtime.metrics import Accuracy\n\nRADIUS = 2.0\nmetric = Accuracy\n"
    )
    assert PurePosixPath("src/my_circle/runtime/metrics/accuracy.py") in project.files
    assert b"Round." in project.files[PurePosixPath("README.md")].content


def test_a_project_says_what_it_is(catalog: Catalog) -> None:
    """A project knows its names, its template and the answers that apply; its files are sorted and owned."""
    project = generate(catalog, "tiny", "My Line", {"loss": "absolute"})
    assert (project.name.project, project.name.package, project.template) == ("my-line", "my_line", "tiny")
    assert (project.answers["loss"], project.answers["delta"]) == ("absolute", 1.0)
    assert list(project.files) == sorted(project.files)
    assert {file.layer for file in project.files.values()} == {
        "base",
        "tiny",
        "losses/absolute",
        "runtime",
        ".scaffold",
    }


@pytest.mark.parametrize(
    ("loss", "notes", "extras"),
    list(itertools.product(["squared", "absolute"], [False, True], [[], ["table"], ["plot"], ["table", "plot"]])),
)
def test_every_combination_is_made_or_refused(catalog: Catalog, loss: str, notes: bool, extras: list[str]) -> None:
    """Each combination of choices gives the files of exactly its layers, or is one that the template refuses."""
    impossible = extras == ["plot"] or (loss == "absolute" and (notes or "table" in extras))
    answers: dict[str, Any] = {"loss": loss, "notes": notes, "extras": extras}
    if impossible:
        with pytest.raises(UsageError):
            generate(catalog, "tiny", "my-line", answers)
        return
    files = generate(catalog, "tiny", "my-line", answers).files
    there = {"NOTES.md": notes, "table.csv": "table" in extras, "plot.txt": "plot" in extras}
    assert {name: PurePosixPath(name) in files for name in there} == there
    assert (b"abs()" in files[PurePosixPath("src/my_line/loss.py")].content) == (loss == "absolute")


def test_the_same_answers_give_the_same_bytes(templates: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    """Hash seed, time zone, language, umask, home and folder of a process leave no trace in a project."""
    (tmp_path / "elsewhere").mkdir()
    shutil.copytree(templates, tmp_path / "elsewhere/templates")
    machines = [
        (templates, "022", {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}),
        (
            tmp_path / "elsewhere/templates",
            "077",
            {
                "PYTHONHASHSEED": "2",
                "TZ": "Asia/Kolkata",
                "LC_ALL": "C.UTF-8",
                "HOME": "/nonexistent",
                "TMPDIR": str(tmp_path),
            },
        ),
    ]
    outputs = [
        subprocess.run(
            [sys.executable, "-c", DIGESTS, umask, str(folder)],
            env={**environment, **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for folder, umask, variables in machines
    ]
    assert outputs[0] == outputs[1]
    assert ["start.sh", 0o755, "extras/notes"] in [entry[:3] for entry in json.loads(outputs[0])]


@pytest.mark.parametrize(
    ("template", "name", "message", "hint"),
    [
        ("tinny", "a", "There is no template 'tinny'.", "Did you mean 'tiny'? `scaffold list` shows all of them."),
        (
            "tiny",
            "torch",
            "A project cannot be called 'torch': it would hide the module `torch`, which projects need.",
            "'torch-project' would do.",
        ),
    ],
)
def test_what_cannot_be_had_is_refused(
    catalog: Catalog, refused: Refusal, template: str, name: str, message: str, hint: str
) -> None:
    """A wrong template or name is refused before anything is rendered."""
    with refused(UsageError, message, hint):
        generate(catalog, template, name, {})
