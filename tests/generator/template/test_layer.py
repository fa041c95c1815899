from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath

import pytest

from scaffold.errors import ScaffoldError, TemplateError
from scaffold.template.catalog import Catalog
from scaffold.template.layer import Layer, read_layer

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]

OPTION = 'help = "A."\n[options.it]\ntype = "int"\ndefault = 1\nhelp = "How many?"\n'
LAYER_KEYS = (
    "help, description, template, extends, needs, refuses, replaces, moved, options, "
    "dependencies, slots, values, runtime"
)
OPTION_KEYS = "type, default, help, choices, when, layers, flag, ordered, ask, summary, before"
NAME_HINT = (
    "A name has lower-case letters, digits and underscores, and is none of "
    "project_name, package_name, template, layers, dependencies, slots, values."
)


def read(tmp_path: Path, text: str) -> Layer:
    """A layer `a` whose layer.toml is the text."""
    (tmp_path / "layer.toml").write_text(text, encoding="utf-8")
    layer = read_layer(tmp_path, "a")
    assert layer.files is not None  # which are read when they are first asked for
    return layer


def test_a_layer_is_what_its_file_says(catalog: Catalog) -> None:
    """Every key of `layer.toml` arrives, with texts stripped and lists in order."""
    tiny = catalog.layer("tiny")
    assert (tiny.help, tiny.description, tiny.template, tiny.extends) == (
        "A line through points.",
        "Fits a line.",
        True,
        ("base",),
    )
    loss, delta = tiny.options
    assert (loss.kind, loss.default, [choice.layers for choice in loss.choices]) == (
        "choice",
        "squared",
        [("losses/squared",), ("losses/absolute",)],
    )
    assert loss.choices[1].refuses == ("extras=table",)
    assert (delta.when, delta.default) == ("loss == 'absolute'", 1.0)
    notes = catalog.layer("extras/notes")
    assert (notes.replaces, notes.refuses) == (("start.sh",), ("losses/absolute",))
    assert notes.adds.slots == {
        "readme": ("Notes are in NOTES.md.",),
        "rows": ({"name": "notes", "meaning": "by {{ owner }}"},),
    }
    assert catalog.layer("extras/plot").needs == ("extras/table",)
    assert catalog.layer("base").adds.requirements == {"runtime": ("torch>=2.4", "Pillow>=10"), "dev": ("pytest>=8",)}


def test_files_keep_their_bytes_and_whether_they_run(catalog: Catalog) -> None:
    """A file is its bytes and one of two modes, under any name."""
    files = catalog.layer("base").files
    assert files[PurePosixPath("start.sh")] == (b"#!/bin/sh\nexec python -m project\n", 0o755)
    assert files[PurePosixPath('docs/für "alle".md')] == (b"Not { rendered }: {{ owner }}\n", 0o644)


def test_what_python_leaves_behind_is_no_file_of_a_layer(tmp_path: Path) -> None:
    """Compiled files beside a template's sources stay where they are."""
    for name in ("a.py", "__pycache__/a.pyc"):
        (tmp_path / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "files" / name).touch()
    assert list(read(tmp_path, 'help = "A."').files) == [PurePosixPath("a.py")]


@pytest.mark.parametrize("target", ["secret", "folder", "nothing"])
def test_a_link_in_a_layer_is_refused(tmp_path: Path, refused: Refusal, target: str) -> None:
    """A template from elsewhere cannot bring a user's own files into a project that is then shared."""
    (tmp_path / "secret").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "files").mkdir()
    (tmp_path / "files/a.txt").symlink_to(tmp_path / target)
    with refused(TemplateError, f"'{tmp_path / 'files/a.txt'}' is a link.", "Put the file itself there."):
        read(tmp_path, 'help = "A."')


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "The layer in '{}' has no `help`.", "Add `help`."),
        ("help = 3", "The layer in '{}' has 3 for `help`.", "`help` is a text."),
        (
            'help = "A."\nextend = ["b"]',
            "The layer in '{}' has no key 'extend'.",
            f"Did you mean 'extends'? Keys: {LAYER_KEYS}.",
        ),
        (
            'help = "A."\nextends = "b"',
            "The layer in '{}' has 'b' for `extends`.",
            "`extends` is a list of texts.",
        ),
        ('help = "A."\ntemplate = 1', "The layer in '{}' has 1 for `template`.", "`template` is true or false."),
        ('help = "A."\noptions = 1', "The layer in '{}' has 1 for `options`.", "`options` is a table."),
        (
            'help = "A."\nreplaces = ["x.py"]',
            "The layer in '{}' names 'x.py' under `replaces`, which it does not have.",
            "Mend or remove the path.",
        ),
        (
            'help = "A."\n[dependencies]\nruntim = []',
            "`dependencies` in '{}' has no key 'runtim'.",
            "Did you mean 'runtime'? Keys: runtime, dev, extras.",
        ),
        (
            'help = "A."\n[dependencies]\nextras = ["x"]',
            "`dependencies` in '{}' has ['x'] for `extras`.",
            "`extras` is a table.",
        ),
        (
            'help = "A."\n[dependencies.extras]\ndev = ["x"]',
            "`extras` in '{}' cannot have 'dev'.",
            "A name has lower-case letters, digits and hyphens, and is not `dev`, which every project has.",
        ),
        (
            'help = "A."\n[values]\nepochs = [1]',
            "`values` in '{}' has [1] for `epochs`.",
            "`epochs` is a text, a number, true or false.",
        ),
        (
            'help = "A."\nruntime = "xla"',
            "The layer in '{}' has 'xla' for `runtime`.",
            "`runtime` is a list of texts.",
        ),
        (
            OPTION + 'flag = "metric"',
            "Option 'it' in '{}' has the flag 'metric'.",
            "It is one of backend, logger.",
        ),
        (
            OPTION + 'flag = "logger"',
            "Option 'it' in '{}' is of type 'int'.",
            "Only a choice or a multi-choice has a flag of its own.",
        ),
        (
            OPTION + "ordered = true",
            "Option 'it' in '{}' is of type 'int'.",
            "Only the choices of a multi-choice have an order.",
        ),
        (
            'help = "A."\n[slots]\nlines = [1]',
            "`slots` in '{}' has [1] for `lines`.",
            "`lines` is a list of texts, or of tables of texts.",
        ),
        (
            'help = "A."\n[options.it]\ntype = "int"\ndefault = 1',
            "Option 'it' in '{}' has no `help`.",
            "Add `help`.",
        ),
        (
            OPTION.replace('"int"', '"integer"'),
            "Option 'it' in '{}' has the type 'integer'.",
            "Did you mean 'int'? It is one of bool, int, float, str, choice, multi-choice.",
        ),
        (
            OPTION + "choises = 1",
            "Option 'it' in '{}' has no key 'choises'.",
            f"Did you mean 'choices'? Keys: {OPTION_KEYS}.",
        ),
        (
            OPTION.replace("= 1", "= 1.5"),
            "Option 'it' in '{}' has a default that does not fit.",
            "'it' should be a whole number, got 1.5. For example `--set it=1.5`.",
        ),
        (OPTION.replace(".it", ".It"), "Option 'It' in '{}' cannot be called so.", NAME_HINT),
        (OPTION.replace(".it", ".slots"), "Option 'slots' in '{}' cannot be called so.", NAME_HINT),
        (
            OPTION.replace("int", "choice"),
            "Option 'it' in '{}' is of type 'choice'.",
            "A choice has `choices`, and nothing else has.",
        ),
        (
            OPTION + "[options.it.choices.one]",
            "Option 'it' in '{}' is of type 'int'.",
            "A choice has `choices`, and nothing else has.",
        ),
        (
            OPTION + 'layers = ["b"]',
            "Option 'it' in '{}' is of type 'int'.",
            "Only a bool has `layers` of its own; a choice's choices do.",
        ),
        (
            OPTION + '[options.it.choices.one]\nlayer = "b"',
            "Choice 'one' in '{}' has no key 'layer'.",
            "Did you mean 'layers'? Keys: help, layers, refuses, dependencies, slots, values, runtime.",
        ),
    ],
)
def test_a_wrong_layer_is_refused(tmp_path: Path, refused: Refusal, text: str, message: str, hint: str) -> None:
    """A missing, misspelt or mistyped key is an error that names the file."""
    with refused(TemplateError, message.format(tmp_path / "layer.toml"), hint):
        read(tmp_path, text)


def test_no_toml_is_refused(tmp_path: Path, refused: Refusal) -> None:
    """A file that is no TOML is an error with TOML's own place and reason."""
    reason = "Invalid value (at end of document)"
    message = f"'{tmp_path / 'layer.toml'}' is not valid TOML: {reason}."
    with refused(TemplateError, message, "Mend the file, and run again."):
        read(tmp_path, "help =")
