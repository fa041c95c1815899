from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import pytest
from ruff import find_ruff_bin  # pyright: ignore[reportMissingTypeStubs]  # it has none

from scaffold.build.format import format_files, ruff_version
from scaffold.build.project import ProjectFile
from scaffold.errors import ScaffoldError, TemplateError
from scaffold.life.apply import write_project
from scaffold.life.finish import generate
from scaffold.template.catalog import Catalog, load_catalog

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]
MakeCatalog = Callable[[Mapping[str, str | bytes]], Catalog]

LONG = f"value = max({', '.join(str(number) for number in range(30))})\n"


def formatted(files: Mapping[str, str]) -> dict[str, str]:
    """The texts after formatting."""
    given = {PurePosixPath(path): ProjectFile(text.encode(), 0o755, "t") for path, text in files.items()}
    return {str(path): file.content.decode() for path, file in format_files(given).items()}


def test_code_is_laid_out_and_imports_are_sorted() -> None:
    """Python comes out as ruff writes it, with what is imported in order; other files stay."""
    before = "import sys, os\nfrom .b import c\nimport abc\nx = {  'a':os,\n 'b':sys, 'c': abc, 'd': c }\n"
    after = 'import abc\nimport os\nimport sys\n\nfrom .b import c\n\nx = {"a": os, "b": sys, "c": abc, "d": c}\n'
    assert formatted({"src/a.py": before, "notes.txt": before}) == {"src/a.py": after, "notes.txt": before}


def test_an_import_of_the_copied_runtime_is_the_projects_own() -> None:
    """Imports are sorted as in the whole project; what was copied is not looked at, however it is laid out."""
    test = "import torch\n\nfrom p.a import b\nfrom p.runtime.c import d\n\nprint(b, d, torch)\n"
    copied = PurePosixPath("src/p/runtime/c.py")
    files = {
        PurePosixPath("pyproject.toml"): ProjectFile(b"[tool.ruff]\nline-length = 100\n", 0o644, "t"),
        PurePosixPath("src/p/a.py"): ProjectFile(b"b = 1\n", 0o644, "t"),
        PurePosixPath("tests/test_a.py"): ProjectFile(test.encode(), 0o644, "t"),
        copied: ProjectFile(b"import os\nd=undefined", 0o644, "runtime"),
    }
    assert format_files(files) == files


def test_modes_and_owners_stay() -> None:
    """Formatting changes a file's bytes and nothing else."""
    file = format_files({PurePosixPath("a.py"): ProjectFile(b"x=1", 0o755, "t")})[PurePosixPath("a.py")]
    assert file == ProjectFile(b"x = 1\n", 0o755, "t")


def test_the_projects_own_settings_decide() -> None:
    """The line length of the project's `pyproject.toml` is the one that it is formatted to."""
    short = formatted({"a.py": LONG, "pyproject.toml": "[tool.ruff]\nline-length = 60\n"})["a.py"]
    long = formatted({"a.py": LONG, "pyproject.toml": "[tool.ruff]\nline-length = 200\n"})["a.py"]
    assert (long, len(short.splitlines()) > 1) == (LONG, True)


@pytest.mark.parametrize("pyproject", ["", "[project]\nname = 'a'\n"])
def test_settings_around_the_project_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pyproject: str
) -> None:
    """Neither the user's settings, nor those of a folder above, nor a `.gitignore` there, nor variables decide."""
    (tmp_path / "config/ruff").mkdir(parents=True)
    for path in ("ruff.toml", "config/ruff/ruff.toml"):
        (tmp_path / path).write_text("line-length = 40\nlint.select = ['ALL']\n")
    (tmp_path / ".gitignore").write_text("*.py\n")
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RUFF_OUTPUT_FILE", str(tmp_path / "findings"))
    assert formatted({"a.py": "x = 'twenty' + 'twenty' + 'twenty'", "pyproject.toml": pyproject})["a.py"] == (
        'x = "twenty" + "twenty" + "twenty"\n'
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\ny = undefined\n", "'src/a.py', line 2: Undefined name `undefined` (F821)."),
        ("import os\n", "'src/a.py', line 1: `os` imported but unused (F401)."),
        ("import os\nimport sys\n", "'src/a.py', line 1: `os` imported but unused (F401, and 1 more)."),
    ],
)
def test_code_that_is_not_clean_is_refused(refused: Refusal, source: str, message: str) -> None:
    """An undefined name or an unused import is an error that names the file, the line and the layer."""
    hint = "The file comes from layer 't': mend it there."
    with refused(TemplateError, f"Generated code is not clean: {message}", hint):
        formatted({"src/a.py": source})


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("src/project_name/a.py", "Mend 't/files/src/project_name/a.py', line 5."),
        ("src/project_name/a.py.jinja", "It is rendered from 't/files/src/project_name/a.py.jinja': mend it there."),
    ],
)
def test_the_author_learns_what_to_mend(make_catalog: MakeCatalog, refused: Refusal, path: str, hint: str) -> None:
    """The error names the template's own file, and the line there, which formatting may have moved."""
    source = "import sys, os\nfrom scaffold_runtime.engine import Events\nx = [sys, os, Events]\n\ny=undefined\n"
    catalog = make_catalog({"t/layer.toml": 'help = "T."\ntemplate = true', f"t/files/{path}": source})
    message = "Generated code is not clean: 'src/my_line/a.py', line 8: Undefined name `undefined` (F821)."
    with refused(TemplateError, message, hint):
        generate(catalog, "t", "my-line", {})


def test_undefined_names_are_refused_whatever_the_settings_say() -> None:
    """A project that wants fewer rules still gets no code that cannot run."""
    for settings in ("lint.select = ['I']", "lint.ignore = ['F']"):
        with pytest.raises(TemplateError, match=r"Undefined name `undefined` \(F821\)"):
            formatted({"a.py": "y = undefined\n", "pyproject.toml": f"[tool.ruff]\n{settings}\n"})


def test_a_template_needs_no_settings_to_use_the_runtime(make_catalog: MakeCatalog) -> None:
    """Without settings the rules are few and fixed, so the copied runtime passes them with any ruff."""
    source = (
        "from scaffold_runtime.engine import Engine\nfrom scaffold_runtime.metrics import Accuracy\nEngine, Accuracy\n"
    )
    catalog = make_catalog({"t/layer.toml": 'help = "T."\ntemplate = true', "t/files/src/project_name/a.py": source})
    assert PurePosixPath("src/my_line/a.py") in generate(catalog, "t", "my-line", {}).files


def test_nothing_is_written_outside_of_the_temporary_folder(refused: Refusal) -> None:
    """A path that leads out is refused before ruff, or anything else, sees the file."""
    hint = "A path goes down from the project's folder; it has no `..` and no backslash."
    with refused(TemplateError, "Layer 't' writes '../a.py', which is not inside of the project.", hint):
        formatted({"../a.py": "x = 1"})


def test_wrong_settings_are_refused() -> None:
    """Settings that ruff cannot read are an error, not a project that nobody checked."""
    with pytest.raises(TemplateError, match=r"(?s)^Ruff refuses the generated project: .*`line-lenght`"):
        formatted({"a.py": "x = 1\n", "pyproject.toml": "[tool.ruff]\nline-lenght = 3\n"})


@pytest.mark.parametrize("dataset", ["digits", "cifar10"])
def test_what_is_written_needs_no_formatting(tmp_path: Path, dataset: str) -> None:
    """Ruff, run in the written project, finds nothing to lay out, to sort or to mend."""
    write_project(generate(load_catalog(), "vision-classification", "my-line", {"dataset": dataset}), tmp_path / "p")
    for words in (["format", "--check"], ["check", "--extend-select=I"]):
        command = [find_ruff_bin(), *words, "--no-cache", "."]
        done = subprocess.run(command, cwd=tmp_path / "p", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_version_is_ruffs_own() -> None:
    """What a project remembers is the version of the ruff that formatted it."""
    assert ruff_version() == version("ruff")
