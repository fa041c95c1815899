from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from typing import Any

import pytest

from scaffold.build.names import project_name
from scaffold.build.plan import Dependencies, Plan, make_plan
from scaffold.errors import ScaffoldError, TemplateError, UsageError
from scaffold.template.catalog import Catalog
from scaffold.template.resolve import resolve

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]
MakeCatalog = Callable[[Mapping[str, str | bytes]], Catalog]

TOP = 'help = "Top."\ntemplate = true\nextends = ["below"]\n'
BELOW = 'help = "Below."\n'
FLAGGED = '[options.{0}]\ntype = "multi-choice"\ndefault = []\nhelp = "?"\nflag = "logger"\n[options.{0}.choices.x]\n'
BOOL = 'type = "bool"\ndefault = false\nhelp = "?"\n'


def plan(catalog: Catalog, template: str = "tiny", name: str = "my-line", **answers: Any) -> Plan:
    """A plan with a few answers."""
    return make_plan(resolve(catalog, template, answers), project_name(name))


def test_defaults_fill_what_is_not_answered(catalog: Catalog) -> None:
    """Without answers every option that applies has its default, in the order of asking."""
    resolution = resolve(catalog, "tiny", {})
    assert resolution.answers == {
        "owner": "nobody",
        "workers": 2,
        "rate": 0.5,
        "notes": False,
        "extras": [],
        "loss": "squared",
    }
    assert [layer.id for layer in resolution.layers] == ["base", "tiny", "losses/squared"]


def test_an_answer_opens_options_and_adds_layers(catalog: Catalog) -> None:
    """A choice switches its layers on, and options that depend on it apply."""
    resolution = resolve(catalog, "tiny", {"loss": "absolute", "delta": 2})
    assert resolution.answers["delta"] == 2.0
    assert [layer.id for layer in resolution.layers] == ["base", "tiny", "losses/absolute"]
    assert resolution.brought_by == {"losses/absolute": "loss=absolute"}


def test_a_closed_option_keeps_its_default(catalog: Catalog) -> None:
    """An option that does not apply is no answer, but templates may read its default."""
    resolution = resolve(catalog, "tiny", {})
    assert "delta" not in resolution.answers
    assert resolution.values["delta"] == 1.0


@pytest.mark.parametrize(
    ("answers", "message", "hint"),
    [
        ({"loss": "sqared"}, "'loss' cannot be 'sqared'.", "Did you mean 'squared'? It is one of squared, absolute."),
        (
            {"los": "squared"},
            "There is no option 'los'.",
            "Did you mean 'loss'? `scaffold show tiny` lists them all.",
        ),
        (
            {"delta": 2.0},
            "'delta' does not apply here: it needs `loss == 'absolute'`.",
            "Leave 'delta' out.",
        ),
        (
            {"loss": "absolute", "extras": ["table"]},
            "'loss=absolute' and 'extras=table' cannot be together.",
            "Leave one of them out.",
        ),
        (
            {"notes": True, "loss": "absolute"},
            "'notes=yes' and 'loss=absolute' cannot be together.",
            "Leave one of them out.",
        ),
    ],
)
def test_answers_that_cannot_be_had_are_refused(
    catalog: Catalog, refused: Refusal, answers: dict[str, Any], message: str, hint: str
) -> None:
    """Wrong, unknown, closed and contradicting answers are refused in the words of who answered."""
    with refused(UsageError, message, hint):
        resolve(catalog, "tiny", answers)


def test_a_need_counts_when_everything_is_answered(catalog: Catalog, refused: Refusal) -> None:
    """What a choice needs may come with a later answer; the plan, and the last answer, insist on it."""
    assert resolve(catalog, "tiny", {"extras": ["plot"]}).answers["extras"] == ["plot"]
    message, hint = "'extras=plot' needs 'extras=table'.", "Choose 'extras=table' too, or leave 'extras=plot' out."
    with refused(UsageError, message, hint):
        plan(catalog, extras=["plot"])
    with refused(UsageError, message, hint):
        resolve(catalog, "tiny", {**resolve(catalog, "tiny", {}).answers, "extras": ["plot"]})
    assert PurePosixPath("plot.txt") in plan(catalog, extras=["plot", "table"]).files


def test_a_default_is_no_obstacle_to_an_answer(make_catalog: MakeCatalog, refused: Refusal) -> None:
    """An answer that refuses another option's default stands until that option is answered or the plan is made."""
    choices = "\n".join(
        f'[options.{name}]\ntype = "choice"\ndefault = "x"\nhelp = "?"\n'
        f"[options.{name}.choices.x]\n[options.{name}.choices.y]\n{refuses}"
        for name, refuses in (("a", 'refuses = ["b=x"]'), ("b", ""))
    )
    catalog = make_catalog({"t/layer.toml": f'help = "T."\ntemplate = true\n{choices}'})
    assert resolve(catalog, "t", {"a": "y"}).values["b"] == "x"
    assert resolve(catalog, "t", {"a": "y", "b": "y"}).values["b"] == "y"
    with refused(UsageError, "'a=y' and 'b=x' cannot be together.", "Leave one of them out."):
        plan(catalog, "t", a="y")


def test_higher_layers_replace_what_they_say(catalog: Catalog) -> None:
    """The highest layer that lists a path under `replaces` owns the file."""
    assert plan(catalog).files[PurePosixPath("start.sh")][2] == "base"
    content, mode, owner = plan(catalog, notes=True).files[PurePosixPath("start.sh")]
    assert (b"set -x" in content, mode, owner) == (True, 0o755, "extras/notes")


def test_dependencies_are_merged_and_sorted(catalog: Catalog) -> None:
    """A requirement of two layers is listed once, and case does not decide the order."""
    assert plan(catalog, notes=True).dependencies == Dependencies(
        runtime=["Pillow>=10", "pyyaml>=6", "torch>=2.4"], dev=["pytest>=8"], extras={}
    )


def test_slots_are_filled_in_the_order_of_the_layers(catalog: Catalog) -> None:
    """A list holds the entries of the lower layers first; one that nobody fills is empty."""
    assert plan(catalog, notes=True).slots == {
        "readme": ["{{ package_name }} fits a line.", "Notes are in NOTES.md."],
        "rows": [{"name": "notes", "meaning": "by {{ owner }}"}],
    }
    assert "rows" not in plan(catalog).slots


@pytest.mark.parametrize(("name", "file"), [("conftest", "conftest.py"), ("test-data", "test_data.py.jinja")])
def test_a_project_is_not_called_like_its_tests(
    make_catalog: MakeCatalog, refused: Refusal, name: str, file: str
) -> None:
    """A test file is imported by its name alone, and a package of that name would come instead."""
    catalog = make_catalog({"t/layer.toml": 'help = "T."\ntemplate = true\n', f"t/files/tests/{file}": ""})
    message = f"A project cannot be called '{name}': pytest would take it for 'tests/{file.removesuffix('.jinja')}'."
    with refused(UsageError, message, f"'{name}-project' would do."):
        plan(catalog, "t", name)
    assert plan(catalog, "t", "train").name.project == "train"


@pytest.mark.parametrize(("name", "requirement"), [("py-yaml", "Py.YAML>=6"), ("my-dep", "my_dep[fast]"), ("a", "A")])
def test_a_project_is_not_its_own_dependency(
    make_catalog: MakeCatalog, refused: Refusal, name: str, requirement: str
) -> None:
    """A project called like one of its dependencies would be installed in its place."""
    catalog = make_catalog(
        {"t/layer.toml": f'help = "T."\ntemplate = true\n[dependencies]\nruntime = ["{requirement}"]'}
    )
    with refused(
        UsageError,
        f"A project cannot be called '{name}': it depends on '{requirement}'.",
        f"'{name}-project' would do.",
    ):
        plan(catalog, "t", name)
    assert plan(catalog, "t", f"{name}-project").name.project == f"{name}-project"


@pytest.mark.parametrize(
    ("files", "message", "hint"),
    [
        (
            {"below/files/a.py": "", "top/files/a.py.jinja": ""},
            "Layers 'below' and 'top' both write 'a.py'.",
            "If 'top' means it, list the path under `replaces` in its layer.toml.",
        ),
        (
            {"top/files/a.py": "", "top/files/a.py.jinja": ""},
            "Layer 'top' has 'a.py' twice, once to be rendered.",
            "Remove one of the files.",
        ),
        (
            {"below/files/docs": "", "top/files/docs/a/b.md": ""},
            "'docs' is a file, and 'docs/a/b.md' lies in it.",
            "Rename one of them.",
        ),
        (
            {"top/files/.scaffold/project.toml": ""},
            "Layer 'top' writes '.scaffold/project.toml', and '.scaffold' belongs to the generator.",
            "Move the file.",
        ),
        (
            {"top/files/src/project_name/runtime/x.py": ""},
            "Layer 'top' writes 'src/project_name/runtime/x.py', and 'src/project_name/runtime' belongs to the "
            "generator.",
            "Move the file.",
        ),
        (
            {"top/layer.toml": TOP.replace("below", "belwo")},
            "There is no layer 'belwo', which 'top' names.",
            "Did you mean 'below'? Layers: below, top.",
        ),
        (
            {"top/layer.toml": TOP + 'refuses = ["x"]'},
            "There is no layer 'x', which 'top' names.",
            "Layers: below, top.",
        ),
        (
            {"top/layer.toml": TOP + f"[options.it]\n{BOOL}", "below/layer.toml": BELOW + f"[options.it]\n{BOOL}"},
            "Layers 'below' and 'top' both have an option 'it'.",
            "Move it to a layer that both extend, or rename one.",
        ),
        (
            {"top/layer.toml": TOP + f'[options.it]\n{BOOL}when = "later"\n[options.later]\n{BOOL}'},
            "`when` of option 'it' reads 'later', which is not asked before it.",
            "Asked before it: nothing.",
        ),
        (
            {"top/layer.toml": TOP + f'[options.it]\n{BOOL}when = "it =="'},
            "`when` of option 'it' is no expression: `it ==` (unexpected 'end of print statement').",
            "Mend it in layer.toml.",
        ),
        (
            {"top/layer.toml": TOP + f"[options.on]\n{BOOL}[options.it]\n{BOOL}when = \"on < 'x'\""},
            "`when` of option 'it' is no expression: `on < 'x'` "
            "('<' not supported between instances of 'bool' and 'str').",
            "Mend it in layer.toml.",
        ),
        (
            {"top/layer.toml": TOP + FLAGGED.format("it"), "below/layer.toml": BELOW + FLAGGED.format("that")},
            "Options 'that' and 'it' both have the flag `--logger`.",
            "Give it to one of them.",
        ),
        (
            {
                "top/layer.toml": TOP
                + f'[options.on]\n{BOOL}[options.it]\ntype = "choice"\ndefault = "x"\nhelp = "?"\n'
                + '[options.it.choices.x]\nrefuses = ["on=true"]'
            },
            "Choice 'x' of option 'it' refuses 'on=true', which cannot be chosen.",
            "`refuses` has entries such as `option=choice`.",
        ),
    ],
)
def test_a_template_that_contradicts_itself_is_refused(
    make_catalog: MakeCatalog, refused: Refusal, files: dict[str, str | bytes], message: str, hint: str
) -> None:
    """The author of a template learns what clashes before anything is rendered."""
    catalog = make_catalog({"top/layer.toml": TOP, "below/layer.toml": BELOW, **files})
    with refused(TemplateError, message, hint):
        plan(catalog, "top")


def test_layers_that_extend_each_other_are_there_once(make_catalog: MakeCatalog) -> None:
    """A circle of layers ends, with each of them in the plan once."""
    catalog = make_catalog({"top/layer.toml": TOP, "below/layer.toml": BELOW + 'extends = ["top"]'})
    assert [layer.id for layer in plan(catalog, "top").resolution.layers] == ["below", "top"]


METRICS = """
[options.metrics]
type = "multi-choice"
default = ["recall"]
help = "?"
flag = "logger"
[options.metrics.choices.precision]
values.epochs = 5
slots.metrics = ["Precision"]
[options.metrics.choices.recall]
slots.metrics = ["Recall"]
layers = ["extra"]
runtime = ["metrics.recall"]
values.epochs = 7
[options.metrics.choices.recall.dependencies]
runtime = ["recall>=1"]
extras.plots = ["matplotlib", "Altair"]
"""


def test_layers_and_choices_contribute_alike(make_catalog: MakeCatalog) -> None:
    """Slots, scalars, requirements and roots come from layers and from chosen choices, the upper one deciding."""
    below = BELOW + '[values]\nepochs = 3\nrate = 0.5\n[slots]\nmetrics = ["Accuracy"]\n'
    extra = 'help = "E."\n[values]\nepochs = 9\n[dependencies]\ndev = ["x"]\nextras.plots = ["plotly"]\n'
    files = {"top/layer.toml": TOP + METRICS, "below/layer.toml": below, "extra/layer.toml": extra}
    both = plan(make_catalog(files), "top", metrics=["recall", "precision"])
    assert both.slots == {"metrics": ["Accuracy", "Precision", "Recall"]}
    assert both.values == {"epochs": 9, "rate": 0.5}  # the layers of a choice lie above its own entries
    plots = {"plots": ["Altair", "matplotlib", "plotly"]}
    assert both.dependencies == Dependencies(runtime=["recall>=1"], dev=["x"], extras=plots)
    assert both.resolution.runtime == {"metrics.recall": "Choice 'metrics=recall'"}
    one = plan(make_catalog(files), "top", metrics=["precision"])
    assert (one.values["epochs"], one.slots, one.resolution.runtime) == (5, {"metrics": ["Accuracy", "Precision"]}, {})


def test_a_project_is_not_named_as_an_optional_dependency(make_catalog: MakeCatalog, refused: Refusal) -> None:
    """What only an optional group needs is a dependency too."""
    files = {"top/layer.toml": TOP + '[dependencies]\nextras.plots = ["Altair>=5"]', "below/layer.toml": BELOW}
    message = "A project cannot be called 'altair': it depends on 'Altair>=5'."
    with refused(UsageError, message, "'altair-project' would do."):
        plan(make_catalog(files), "top", name="altair")
