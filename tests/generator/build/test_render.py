from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from typing import Any

import pytest

from scaffold.build.names import project_name
from scaffold.build.render import render
from scaffold.errors import ScaffoldError, TemplateError
from scaffold.template.catalog import Catalog
from scaffold.template.resolve import resolve

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]
MakeCatalog = Callable[[Mapping[str, str | bytes]], Catalog]

LAYER = 'help = "T."\ntemplate = true\n'
CONTEXT = "There are dependencies, layers, package_name, project_name, slots, template, values."


def rendered(catalog: Catalog, template: str = "tiny", **answers: Any) -> dict[str, str]:
    """The texts of a project called `my-line`."""
    files = render(resolve(catalog, template, answers), project_name("my-line"))
    return {str(path): file.content.decode() for path, file in files.items()}


def test_files_land_where_they_belong(catalog: Catalog) -> None:
    """`project_name` becomes the package, `.jinja` goes, and nothing else changes its place."""
    assert set(rendered(catalog)) == {
        "README.md",
        'docs/für "alle".md',
        "pyproject.toml",
        "src/my_line/__init__.py",
        "src/my_line/loss.py",
        "src/my_line/settings.py",
        "src/my_line/train.py",
        "start.sh",
        "tests/test_train.py",
    }


def test_placeholders_are_filled_in(catalog: Catalog) -> None:
    """Templates see the two names, the layers, the options, the dependencies and the slots, themselves rendered."""
    texts = rendered(catalog, notes=True, owner="Ada")
    assert texts["README.md"] == (
        "# my-line\n\n"
        "Made of tiny: base, tiny, extras/notes, losses/squared.\n\n"
        "my_line fits a line.\n\n"
        "Notes are in NOTES.md.\n"
        "notes: by Ada\n"
    )
    assert '  "pyyaml>=6",\n' in texts["pyproject.toml"]


def test_other_files_are_copied_byte_for_byte(catalog: Catalog) -> None:
    """What looks like a placeholder in a file that is not `.jinja` stays."""
    assert rendered(catalog)['docs/für "alle".md'] == "Not { rendered }: {{ owner }}\n"


def test_bytes_that_are_no_text_are_copied(make_catalog: MakeCatalog) -> None:
    """A picture arrives as it is."""
    catalog = make_catalog({"t/layer.toml": LAYER, "t/files/a.png": b"\x89PNG\r\n\xff"})
    files = render(resolve(catalog, "t", {}), project_name("my-line"))
    assert files[PurePosixPath("a.png")].content == b"\x89PNG\r\n\xff"


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("\n{{ nam }}", "'t/files/a.txt.jinja', line 2: 'nam' is undefined.", CONTEXT),
        (
            "\n\n{% for x in slots.lins %}{% endfor %}",
            "'t/files/a.txt.jinja', line 3: no layer fills a slot 'lins'.",
            CONTEXT,
        ),
        (
            "{% if %}",
            "'t/files/a.txt.jinja', line 1: Expected an expression, got 'end of statement block'.",
            "Mend the template.",
        ),
        ("a\n{{ 1 / 0 }}", "'t/files/a.txt.jinja', line 2: division by zero.", "Mend the template."),
        (
            "{{ ''.__class__.__mro__ }}",
            "'t/files/a.txt.jinja', line 1: access to attribute '__class__' of 'str' object is unsafe.",
            "Mend the template.",
        ),
        (
            "{% include 'x' %}",
            "'t/files/a.txt.jinja', line 1: no loader for this environment specified.",
            "Mend the template.",
        ),
        (b"\xff{{", "'t/files/a.txt.jinja' is not UTF-8.", "Save it as UTF-8, or do not render it."),
    ],
)
def test_a_wrong_template_is_refused(
    make_catalog: MakeCatalog, refused: Refusal, content: str | bytes, message: str, hint: str
) -> None:
    """The error names the template's file and line, whatever goes wrong in it."""
    catalog = make_catalog({"t/layer.toml": LAYER, "t/files/a.txt.jinja": content})
    with refused(TemplateError, message, hint):
        rendered(catalog, "t")


def test_a_wrong_slot_is_refused(make_catalog: MakeCatalog, refused: Refusal) -> None:
    """An entry of a list is rendered too, and an error in it names the list."""
    catalog = make_catalog({"t/layer.toml": LAYER + '[slots]\nlines = ["{{ nam }}"]'})
    hint = "There are dependencies, layers, package_name, project_name, template."
    with refused(TemplateError, "slot 'lines', line 1: 'nam' is undefined.", hint):
        rendered(catalog, "t")


def test_a_slot_that_nobody_reads_is_refused(make_catalog: MakeCatalog, refused: Refusal) -> None:
    """What a layer contributes must reach a file; a slot that nobody fills may stay unread."""
    files = {"t/layer.toml": LAYER + '[slots]\nlines = ["one"]'}
    for reader in ("{{ slots.lines[0] }}", '{{ slots["lines"][0] }}'):
        files["t/files/a.txt.jinja"] = reader
        assert rendered(make_catalog(files), "t") == {"a.txt": "one"}
    files["t/files/a.txt.jinja"] = "{{ project_name }}"
    hint = "Write `{% for entry in slots.lines %}` in a `*.jinja` file, or do not fill it."
    with refused(TemplateError, "Nothing reads the slot 'lines' that layers of 't' fill.", hint):
        rendered(make_catalog(files), "t")
    files["t/layer.toml"] = LAYER + "[slots]\nlines = []"
    assert rendered(make_catalog(files), "t")


def test_values_are_scalars_that_templates_read(make_catalog: MakeCatalog, refused: Refusal) -> None:
    """A number stays one, a text is rendered, and a value that no file reads is refused."""
    toml = LAYER + '[values]\nepochs = 3\ntitle = "for {{ project_name }}"\n'
    reader = "{{ values.epochs + 1 }} {{ values.title }}"
    assert rendered(make_catalog({"t/layer.toml": toml, "t/files/a.jinja": reader}), "t") == {"a": "4 for my-line"}
    hint = "Write `{{ values.title }}` in a `*.jinja` file, or do not set it."
    with refused(TemplateError, "Nothing reads the value 'title' that layers of 't' set.", hint):
        rendered(make_catalog({"t/files/a.jinja": "{{ values.epochs }}"}), "t")


def test_optional_groups_are_read_by_their_names(make_catalog: MakeCatalog) -> None:
    """A `pyproject.toml` can list the groups and the requirements of each."""
    toml = LAYER + '[dependencies.extras]\nxla = ["torch_xla"]\nhorovod = ["horovod>=0.28"]\n'
    reader = "{% for name, words in dependencies.extras.items() %}\n{{ name }} = {{ words }}\n{% endfor %}\n"
    files = rendered(make_catalog({"t/layer.toml": toml, "t/files/a.jinja": reader}), "t")
    assert files == {"a": "horovod = ['horovod>=0.28']\nxla = ['torch_xla']\n"}


def test_an_option_that_nobody_reads_is_refused(make_catalog: MakeCatalog, refused: Refusal) -> None:
    """An option must change something: a file, a slot, another option or the layers."""
    option = '[options.it]\ntype = "bool"\ndefault = true\nhelp = "?"\n'
    hint = "Use it in a `*.jinja` file, a slot or a `when`, let it switch on a layer, or remove it."
    with refused(TemplateError, "Nothing reads the option 'it' of 't'.", hint):
        rendered(make_catalog({"t/layer.toml": LAYER + option, "t/files/it.txt.jinja": "it"}), "t")


@pytest.mark.parametrize(
    "files",
    [
        {"t/files/a.jinja": "{% if it %}1{% endif %}"},
        {"t/layer.toml": '[slots]\nlines = ["{{ it }}"]', "t/files/a.jinja": "{{ slots.lines }}"},
        {"t/layer.toml": '[options.b]\ntype = "bool"\ndefault = true\nhelp = "?"\nwhen = "(it)"\nlayers = ["u"]'},
        {"t/layer.toml": 'layers = ["u"]'},
        {
            "t/layer.toml": '[options.c]\ntype = "multi-choice"\ndefault = ["x"]\nhelp = "?"\n'
            '[options.c.choices.x]\nslots.lines = ["{{ it }}"]',
            "t/files/a.jinja": "{{ slots.lines }}",
        },
    ],
)
def test_an_option_is_read_in_five_places(make_catalog: MakeCatalog, files: dict[str, str]) -> None:
    """A rendered file, a slot, a `when`, a layer and a choice's own entries each count as a reader."""
    toml = LAYER + '[options.it]\ntype = "bool"\ndefault = true\nhelp = "?"\n' + files.pop("t/layer.toml", "")
    assert rendered(make_catalog({"t/layer.toml": toml, "u/layer.toml": 'help = "U."', **files}), "t") is not None


def test_a_value_is_spelt_as_python_does(make_catalog: MakeCatalog) -> None:
    """A text that a user gave, with quotes and letters of any language, is a literal in the project's code."""
    option = '[options.place]\ntype = "str"\ndefault = "data"\nhelp = "Where?"\nask = false\n'
    catalog = make_catalog({"t/layer.toml": LAYER + option, "t/files/a.py.jinja": "PLACE = {{ place | literal }}\n"})
    for text in ('/home/Zoë\'s "own"\\n', "/a long/way" * 30):
        files = render(resolve(catalog, "t", {"place": text}), project_name("my-line"))
        found: dict[str, str] = {}
        exec(files[PurePosixPath("a.py")].content, found)
        assert found["PLACE"] == text


def test_layers_of_other_templates_are_not_read(make_catalog: MakeCatalog) -> None:
    """What a template does not reach may be broken: many templates cost a project of one of them nothing."""
    catalog = make_catalog(
        {
            "t/layer.toml": LAYER + '[slots]\nlines = ["one"]',
            "t/files/a.jinja": "{{ slots.lines }}{{ slots.rows }}",
            "near/layer.toml": 'help = "Near."\n[slots]\nrows = ["two"]',
            "other/layer.toml": "help =",
        }
    )
    files = render(resolve(catalog, "t", {}), project_name("my-line"))
    assert files[PurePosixPath("a")].content == b"['one'][]"
