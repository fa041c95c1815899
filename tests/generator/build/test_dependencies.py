from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from scaffold.build.dependencies import own_index, refuse_hiding
from scaffold.build.installed import distribution
from scaffold.build.names import project_name
from scaffold.errors import ScaffoldError, UsageError
from scaffold.life.finish import generate
from scaffold.template.catalog import load_catalog
from scaffold.template.resolve import resolve

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]

DIGITS = ["matplotlib>=3.9", "msgspec", "pyyaml>=6", "torch>=2.4", "tqdm", "tyro", "scikit-learn>=1.6", "pytest>=8"]
LOADED = """
import sys
before = set(sys.modules)
import matplotlib.pyplot, msgspec, pip, pytest, sklearn.datasets, torch.utils.tensorboard, tqdm, tyro, yaml
import networkx, sympy, jinja2, google.protobuf, grpc
print(*{name.partition(".")[0] for name in set(sys.modules) - before if getattr(sys.modules[name], "__spec__", None)})
"""


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is installed by itself, as pipx does it: only the index knows."""
    monkeypatch.setattr("scaffold.build.dependencies.is_there", lambda module: False)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("joblib", "it would hide the module `joblib`, which scikit-learn needs"),
        ("sympy", "it would hide the module `sympy`, which torch needs"),
        ("mpmath", "it would hide the module `mpmath`, which sympy needs"),
        ("jinja2", "it would hide the module `jinja2`, which torch needs"),
        ("pyparsing", "it would hide the module `pyparsing`, which matplotlib needs"),
        ("pil", "it would hide the module `PIL`, which matplotlib needs"),
        ("dateutil", "it would hide the module `dateutil`, which matplotlib needs"),
        ("pluggy", "it would hide the module `pluggy`, which pytest needs"),
        ("typing-extensions", "it would hide the module `typing_extensions`, which torch needs"),
        ("triton", "it would hide the module `triton`, which torch needs"),
        ("pylab", "it would hide the module `pylab`, which projects need"),
        ("pip", "it would hide the module `pip`, which projects need"),
        ("python-dateutil", "it would be taken for the distribution 'python-dateutil', which matplotlib needs"),
        ("colorama", "it would hide the module `colorama`, which pytest needs"),  # on Windows
        ("scikit-learn", "it depends on 'scikit-learn>=1.6'"),
    ],
)
@pytest.mark.usefixtures("nothing_installed")
def test_what_dependencies_need_cannot_be_hidden(refused: Refusal, name: str, fault: str) -> None:
    """A module, or a distribution, that a requirement leads to by any way is refused, with the one that needs it."""
    spelt = project_name(name)
    message = f"A project cannot be called '{spelt.project}': {fault}."
    with refused(UsageError, message, f"'{spelt.project}-project' would do."):
        refuse_hiding(spelt, DIGITS)


@pytest.mark.usefixtures("nothing_installed")
def test_only_what_was_chosen_counts() -> None:
    """A name that one choice forbids is good with another; as a direct requirement, or one of a template, it is not."""
    generate(load_catalog(), "vision-classification", "joblib", {"dataset": "cifar10"})
    with pytest.raises(UsageError, match="hide the module `joblib`, which scikit-learn needs"):
        generate(load_catalog(), "vision-classification", "joblib", {"dataset": "digits"})


@pytest.mark.usefixtures("nothing_installed")
def test_the_index_is_whole() -> None:
    """All that the built-in templates require, and all that this requires in turn, is in the index."""
    index = own_index()
    known = {distribution(requirement) for requirement in load_catalog().requirements()}
    required = {name for entry in index.values() for name in entry.requires}
    missing = (known | required) - index.keys()
    assert missing == set(), "`python -m scaffold.build.dependency_index PYTHON...` writes the index anew"


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_installed")
def test_what_is_really_imported_is_refused() -> None:
    """Each module that the libraries of a project import, when they are, is one that a project cannot be called."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    modules = {module for module in done.stdout.split() if not module.startswith("_")} - sys.stdlib_module_names
    assert {"joblib", "sympy", "networkx", "PIL", "kiwisolver"} <= modules
    resolution = resolve(load_catalog(), "vision-classification", {"loggers": ["tensorboard"]})
    accepted: list[str] = []
    for module in modules:
        try:
            refuse_hiding(project_name(module), resolution.requirements)
        except UsageError:
            continue
        accepted.append(module)
    # What they use where it is installed, and do not require; it is here for other templates.
    assert set(accepted) <= {"rich", "charset_normalizer", "dill", "pandas", "pyarrow"}


def install(folder: Path, name: str, module: str, *requires: str) -> None:
    """A distribution of one module, as pip leaves it."""
    (folder / f"{module}.py").touch()
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {word}" for word in requires)]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    (info / "RECORD").write_text(f"{module}.py,,\n")


def test_what_is_installed_beside_the_command_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refusal
) -> None:
    """What the index does not know, but the installed distributions say, is refused; what nothing needs is not."""
    monkeypatch.syspath_prepend(str(tmp_path))
    install(tmp_path, "Top.Level", "top", "mid_level>=2", "absent; extra == 'fast'")
    install(tmp_path, "mid-level", "middle", "low", "not_there; sys_platform == 'win32'")
    install(tmp_path, "low", "Lower")
    install(tmp_path, "own", "mine")
    (tmp_path / "~ow-0.9.dist-info").mkdir()  # as pip leaves it where it is interrupted
    (tmp_path / "broken-1.0.dist-info").mkdir()
    (tmp_path / "broken-1.0.dist-info/METADATA").write_bytes(b"\xff\x00")
    for name in ("mine", "absent", "not_there"):
        refuse_hiding(project_name(name), ["top_level>=1"])
    message = "A project cannot be called 'lower': it would hide the module `Lower`, which mid-level needs."
    with refused(UsageError, message, "'lower-project' would do."):
        refuse_hiding(project_name("lower"), ["top_level>=1"])
