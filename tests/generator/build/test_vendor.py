from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath

import pytest

from scaffold.build.imports import ImportStatement
from scaffold.build.project import Project, ProjectFile
from scaffold.build.runtime_source import RuntimeSource, own_runtime
from scaffold.build.vendor import rewrite, runtime_files
from scaffold.errors import ScaffoldError, TemplateError, UsageError
from scaffold.life.apply import write_project
from scaffold.life.finish import generate
from scaffold.template.catalog import Catalog, load_catalog

MakeCatalog = Callable[[Mapping[str, str | bytes]], Catalog]
Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]

WALL = """
import sys
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "scaffold_runtime":
            raise ImportError("the project reached for the runtime that it was copied from")
sys.meta_path.insert(0, Wall())
"""
IMPORT_ALL = """
import ast, importlib
from pathlib import Path
for path in sorted(Path(".").rglob("*.py")):
    package, tree = ".".join(path.parent.parts), ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            exec(compile(ast.Module([node], []), str(path), "exec"), {"__package__": package})
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "idist":
            getattr(importlib.import_module(path.parts[0] + ".runtime.distributed"), node.attr)
"""


def vendored(files: Mapping[str, str]) -> dict[str, str]:
    """The texts of a project `my_line` after vendoring."""
    given = {PurePosixPath(path): ProjectFile(text.encode(), 0o644, "t") for path, text in files.items()}
    own, needed = rewrite(given, "my_line", own_runtime())
    files = own | runtime_files(needed, "my_line", own_runtime())
    return {str(path): file.content.decode() for path, file in files.items()}


def copied(source: str) -> set[str]:
    """The runtime's modules that come with a project of one file, without the lists of packages."""
    names = {path.removeprefix("src/my_line/runtime/") for path in vendored({"src/my_line/a.py": source})}
    return {name for name in names if not name.endswith(("__init__.py", "a.py"))}


def run(project: Project, folder: Path, program: str) -> None:
    """Runs a program in a process that has the project, and no other runtime."""
    write_project(project, folder)
    command = [sys.executable, "-W", "ignore", "-c", WALL + program]
    done = subprocess.run(command, cwd=folder / "src", capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_copied_runtime_runs_alone(catalog: Catalog, tmp_path: Path) -> None:
    """The project imports and trains without the runtime that it was copied from."""
    program = "from my_line.train import fit, metric\nassert abs(fit([0.5, 1.0]) - 2) < 0.1\nmetric()"
    run(generate(catalog, "tiny", "my-line", {}), tmp_path / "p", IMPORT_ALL + program)


def test_a_project_holds_all_that_it_uses(tmp_path: Path) -> None:
    """Every import of every file finds what it names, also those within functions and for type checkers."""
    run(generate(load_catalog(), "vision-classification", "my-line", {}), tmp_path / "p", IMPORT_ALL)


@pytest.mark.parametrize("template", ["tiny", "vision-classification"])
def test_a_project_holds_nothing_that_it_does_not_use(catalog: Catalog, template: str) -> None:
    """Some file other than a package's list speaks of each copied module, or of a name that the list takes from it."""
    catalog = catalog if template in catalog.ids else load_catalog()
    files = generate(catalog, template, "my-line", {}).files
    texts = {path: file.content.decode() for path, file in files.items() if path.suffix == ".py"}
    lists = "".join(text for path, text in texts.items() if path.name == "__init__.py")
    for module in texts:
        if files[module].layer == "runtime" and module.name != "__init__.py":
            others = "".join(
                text for path, text in texts.items() if path not in (module,) and path.name != "__init__.py"
            )
            listed = re.findall(rf"from \.{module.stem} import (\w+)", lists)
            words = "|".join(
                [rf"from \.[\w.]*\b{module.stem} import", rf"from \.[^\n]* import [^\n]*\b{module.stem}", *listed]
            )
            assert re.search(rf"(?<!\w)({words})(?!\w)", others), module


@pytest.mark.parametrize("template", ["tiny", "vision-classification"])
def test_no_import_of_the_original_is_left(catalog: Catalog, template: str) -> None:
    """Neither code nor a docstring's example imports the package that the runtime was copied from."""
    catalog = catalog if template in catalog.ids else load_catalog()
    for path, file in generate(catalog, template, "my-line", {}).files.items():
        if path.suffix == ".py":
            assert not re.search(rb"(from|import) (scaffold_runtime|project_name)", file.content), path


def test_one_name_brings_one_module() -> None:
    """A name leads through its package's list to the module that defines it, and to what that one needs."""
    accuracy = copied("from scaffold_runtime.metrics import Accuracy\nAccuracy")
    assert "metrics/accuracy.py" in accuracy
    assert not accuracy & {"metrics/precision.py", "metrics/loss.py", "distributed/launcher.py"}
    assert copied("from scaffold_runtime.metrics.accuracy import Accuracy\nAccuracy") == accuracy


@pytest.mark.parametrize(
    "source",
    [
        "from scaffold_runtime import distributed as idist\nidist.get_rank()",
        "import scaffold_runtime.distributed as idist\nidist.get_rank()",
        "import scaffold_runtime as rt\nrt.distributed.get_rank()",
        "def f():\n    from scaffold_runtime import distributed\n    return distributed.get_rank()",
    ],
)
def test_a_package_taken_whole_brings_what_is_read_off_it(source: str) -> None:
    """`idist` brings the modules of the functions that are called through it, however it is imported."""
    assert copied(source) == copied("from scaffold_runtime.distributed import get_rank\nget_rank()")
    assert "distributed/context.py" in copied(source)
    assert "distributed/launcher.py" not in copied(source)
    assert "distributed/launcher.py" in copied(source.replace("get_rank", "Parallel"))


@pytest.mark.parametrize(
    "source",
    [
        "from scaffold_runtime.metrics import R2Score\nR2Score",
        "from scaffold_runtime.metrics.regression import R2Score\nR2Score",
        "from scaffold_runtime.metrics.regression.r2_score import R2Score\nR2Score",
        "from scaffold_runtime import metrics\nmetrics.R2Score, metrics.regression.R2Score",
    ],
)
def test_a_package_within_a_package_is_copied(source: str) -> None:
    """A name that two packages list, one within the other, brings its module, and both lists name it and no other."""
    text = vendored({"src/my_line/a.py": source})
    runtime = "src/my_line/runtime/metrics"
    assert f"{runtime}/regression/r2_score.py" in text
    assert f"{runtime}/regression/pearson_correlation.py" not in text
    assert "from .regression.r2_score import R2Score as R2Score\n" in text[f"{runtime}/__init__.py"]
    assert text[f"{runtime}/regression/__init__.py"].count("import") == 1
    assert "from .r2_score import R2Score as R2Score\n" in text[f"{runtime}/regression/__init__.py"]


def test_lists_of_packages_name_what_is_there() -> None:
    """A package's `__init__.py` keeps its docstring and the lines of the modules that came along."""
    text = vendored({"src/my_line/a.py": "from scaffold_runtime.metrics import Accuracy\nAccuracy"})
    lists = text["src/my_line/runtime/metrics/__init__.py"]
    assert ast.get_docstring(ast.parse(lists))
    assert "from .accuracy import Accuracy as Accuracy\n" in lists
    assert "Precision" not in lists


def test_imports_become_relative_inside_the_package_and_absolute_outside() -> None:
    """The number of dots follows the file's depth; tests import by the package's name."""
    source = "from scaffold_runtime.engine import State\nfrom project_name.a import b\nState, b\n"
    texts = vendored(dict.fromkeys(["src/my_line/a.py", "src/my_line/x/y.py", "tests/test_a.py"], source))
    assert texts["src/my_line/a.py"].splitlines()[0] == "from .runtime.engine import State"
    assert texts["src/my_line/x/y.py"].splitlines()[0] == "from ..runtime.engine import State"
    assert texts["tests/test_a.py"].splitlines()[:2] == [
        "from my_line.runtime.engine import State",
        "from my_line.a import b",
    ]


def test_a_project_without_the_runtime_has_none() -> None:
    """Nothing is copied for nothing."""
    assert vendored({"src/my_line/a.py": "import os\n", "b.txt": "x"}) == {
        "src/my_line/a.py": "import os\n",
        "b.txt": "x",
    }


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("x = (", "'src/my_line/a.py' of layer 't', line 1: '(' was never closed.", "Mend the Python there."),
        (
            "x = '\0'",
            "'src/my_line/a.py' of layer 't': source code string cannot contain null bytes.",
            "Mend the Python there.",
        ),
        (
            "import os\nimport scaffold_runtime.engine",
            "'src/my_line/a.py' of layer 't', line 2: `import scaffold_runtime.engine` binds no name.",
            "Write `import scaffold_runtime.engine as ...`, or `from ... import ...`.",
        ),
    ],
)
def test_wrong_python_is_refused(refused: Refusal, source: str, message: str, hint: str) -> None:
    """The error names the file, its layer and the line."""
    with refused(TemplateError, message, hint):
        vendored({"src/my_line/a.py": source})


def test_a_name_that_the_runtime_lacks_is_refused(refused: Refusal) -> None:
    """A misspelt name of the runtime gets the nearest, and the list."""
    message = "'src/my_line/a.py' of layer 't': `scaffold_runtime.engine` has no 'Engin'."
    with pytest.raises(TemplateError) as caught:
        vendored({"src/my_line/a.py": "from scaffold_runtime.engine import Engin"})
    assert caught.value.message == message
    assert (caught.value.hint or "").startswith("Did you mean 'Engine'? It has ")
    with refused(
        TemplateError,
        "'src/my_line/a.py' of layer 't': `scaffold_runtime` has no 'motor'.",
        "It has no names of its own.",
    ):
        vendored({"src/my_line/a.py": "from scaffold_runtime.motor import Engine"})


def test_python_that_is_no_utf8_is_refused(refused: Refusal) -> None:
    """A file in another encoding is named."""
    file = ProjectFile("x = 'ü'".encode("latin-1"), 0o644, "t")
    with refused(TemplateError, "'a.py' of layer 't' is not UTF-8.", "Save it as UTF-8."):
        rewrite({PurePosixPath("a.py"): file}, "my_line", own_runtime())


def test_a_root_is_copied_although_nothing_imports_it(make_catalog: MakeCatalog) -> None:
    """A module that registers itself is in the project, with what it needs, and in its package's list."""
    toml = 'help = "T."\ntemplate = true\nruntime = ["metrics.regression.r2_score"]\n'
    files = generate(make_catalog({"t/layer.toml": toml}), "t", "my-line", {}).files
    text = files[PurePosixPath("src/my_line/runtime/metrics/regression/__init__.py")].content.decode()
    assert PurePosixPath("src/my_line/runtime/metrics/regression/r2_score.py") in files
    assert text.count("import") == 1


@pytest.mark.parametrize(
    ("root", "meant"),
    [
        ("metrics.regression.r2_scor", "Did you mean 'metrics.regression.r2_score'? "),
        ("qq", ""),
        ("../x", ""),
    ],
)
def test_a_root_that_is_no_module_is_refused(
    make_catalog: MakeCatalog, refused: Refusal, root: str, meant: str
) -> None:
    """A layer that roots what the runtime does not have, or a whole package of it, is told in one sentence."""
    catalog = make_catalog({"t/layer.toml": f'help = "T."\ntemplate = true\nruntime = ["{root}"]\n'})
    message = f"Layer 't' roots the runtime module '{root}', which there is not."
    with refused(TemplateError, message, f"{meant}`runtime` names modules such as `distributed.launcher`."):
        generate(catalog, "t", "my-line", {})


def test_a_package_is_no_root(make_catalog: MakeCatalog) -> None:
    """A layer names the modules that it wants, not a whole package of them."""
    catalog = make_catalog({"t/layer.toml": 'help = "T."\ntemplate = true\nruntime = ["metrics"]\n'})
    message = "^Layer 't' roots the runtime module 'metrics', which there is not.$"
    with pytest.raises(TemplateError, match=message):
        generate(catalog, "t", "my-line", {})


def test_only_files_that_a_layer_owns_decide_what_is_copied() -> None:
    """A file that nobody's layer wrote goes as it is, and what it imports is its own affair."""
    source = b"from scaffold_runtime.engine import State\nx = ("
    files = {PurePosixPath("src/my_line/a.py"): ProjectFile(source, 0o644, "")}
    assert rewrite(files, "my_line", own_runtime()) == (files, set())


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("src/my_line/a.py", "from .runtime.metrics import Accuracy\nAccuracy\n"),
        ("src/my_line/b/a.py", "from ..runtime.metrics import Accuracy\nAccuracy\n"),
        ("tests/test_a.py", "from project_name.runtime.metrics import Accuracy\nAccuracy\n"),
    ],
)
def test_an_import_from_the_copy_counts_as_one_from_the_original(path: str, source: str) -> None:
    """A layer's file may say where the module is in the project, and it is there."""
    texts = vendored({path: source})
    assert "src/my_line/runtime/metrics/accuracy.py" in texts
    assert texts[path] == source.replace("project_name", "my_line")


def test_a_project_is_not_named_as_a_module_that_its_files_import(refused: Refusal) -> None:
    """A library whose module is called otherwise than its distribution is found where it is imported."""
    file = ProjectFile(b"from sklearn.datasets import load_digits\nload_digits\n", 0o644, "t")
    message = "A project cannot be called 'sklearn': it would hide the module `sklearn`, which projects need."
    with refused(UsageError, message, "'sklearn-project' would do."):
        rewrite({PurePosixPath("src/sklearn/a.py"): file}, "sklearn", own_runtime())


def test_the_runtime_may_lie_elsewhere(tmp_path: Path) -> None:
    """Another folder of a runtime is read as the installed one is, with its lists and relative imports."""
    modules = {
        "__init__.py": "",
        "engine/__init__.py": "from . import idle as idle\nfrom .motor import Motor as Motor\n",
        "engine/motor.py": "import yaml\n\nfrom ..fuel import burn\n\nMotor = burn, yaml\n",
        "engine/idle.py": "",
        "fuel.py": "burn = 1\n",
    }
    for path, text in modules.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    runtime = RuntimeSource(tmp_path)
    files = runtime_files({"scaffold_runtime.engine.motor"}, "my_line", runtime)
    texts = {str(path.relative_to("src/my_line/runtime")): file.content.decode() for path, file in files.items()}
    kept = {path: modules[path] for path in ("engine/motor.py", "fuel.py")}
    assert runtime.libraries(runtime.closure(["scaffold_runtime.engine.motor"])) == {"yaml"}
    assert texts == {**kept, "__init__.py": "\n", "engine/__init__.py": "from .motor import Motor as Motor\n"}


def test_a_list_that_names_what_is_not_there_is_refused(tmp_path: Path, refused: Refusal) -> None:
    """A package of the runtime whose list has lost a module is an error, and no endless search."""
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine/__init__.py").write_text("from .motor import Motor as Motor\n")
    (tmp_path / "__init__.py").touch()
    message = "`scaffold_runtime.engine` lists what is in `scaffold_runtime.engine.motor`, which there is not."
    with refused(TemplateError, message, "Mend its list."):
        RuntimeSource(tmp_path).modules_of([ImportStatement(1, 1, "scaffold_runtime.engine", [("Motor", "Motor", [])])])
