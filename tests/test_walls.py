"""The two walls between what we ship, as a fresh interpreter sees them."""

from __future__ import annotations

import json
import subprocess
import sys

ALLOWED_BY_RUNTIME = {"torch"}


def modules_after(statement: str) -> set[str]:
    """Top-level modules that a statement imports beyond those that torch, or nothing, brings by itself."""
    program = (
        f"import sys, json; {statement}; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_the_command_starts_without_torch() -> None:
    """Importing the command line and the whole generator loads neither torch nor the runtime."""
    loaded = modules_after("import scaffold.cli.app, scaffold.cli.commands, scaffold.life.finish, scaffold.life.apply")
    assert "jinja2" in loaded
    assert not loaded & {"torch", "scaffold_runtime", "cookiecutter"}


def test_the_python_api_costs_nothing_until_it_is_used() -> None:
    """Importing the API loads the standard library only; what its functions need comes with their first call."""
    loaded = modules_after("import scaffold.api") - modules_after("pass")
    assert loaded - sys.stdlib_module_names == {"scaffold"}


def test_the_runtime_needs_torch_and_the_standard_library_only() -> None:
    """Importing every part of the runtime loads no installed package that `import torch` does not load."""
    parts = "engine, scaffold_runtime.metrics, scaffold_runtime.handlers, scaffold_runtime.distributed"
    extra = modules_after(f"import scaffold_runtime.{parts}") - modules_after("import torch, torch.distributed")
    assert extra - sys.stdlib_module_names == {"scaffold_runtime"}
