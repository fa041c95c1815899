"""`--preset` answers by a name what a template asks; what is said besides counts more."""

import json

import pytest
from tests.generator.foreign.well_known import lay

from scaffold.cli.presets import preset_files, read_preset
from scaffold.template.catalog import load_catalog
from scaffold.template.resolve import resolve

CATALOG = load_catalog()


@pytest.mark.parametrize("preset", ["minimal", "research", "production"])
@pytest.mark.parametrize("template", [layer.id for layer in CATALOG.templates()])
def test_every_template_takes_most_of_each(preset, template):
    """What a preset answers is either no question of a template, or a valid answer: none is dropped for its value."""
    answers = read_preset(preset).answers
    resolution = resolve(CATALOG, template, answers, strict=False)
    assert set(answers) & set(resolution.values) == resolution.given


def test_a_preset_and_what_is_said_besides(scaffold):
    """Its answers are in the project; a flag for one of them wins."""
    words = ("new", "a", "-t", "vision-classification", "--yes", "--dry-run", "--json", "--preset", "research")
    answers = json.loads(scaffold(*words).out)["answers"]
    assert (answers["loggers"], answers["extras"]) == (["tensorboard"], ["early-stopping", "ema", "profiler"])
    answers = json.loads(scaffold(*words, "--set", "extras=onnx").out)["answers"]
    assert (answers["loggers"], answers["extras"]) == (["tensorboard"], ["onnx"])


def test_a_preset_of_ones_own(scaffold, folder):
    """It is a file of answers in the user's folder, may name a template, and goes before one of the same name."""
    lay({"torch-scaffold/presets/minimal.toml": 'template = "tabular"\n[answers]\nloggers = ["tensorboard"]\n'}, folder)
    words = ("new", "a", "--yes", "--dry-run", "--json", "--preset", "minimal")
    told = json.loads(scaffold(*words, XDG_CONFIG_HOME=str(folder)).out)
    assert (told["template"], told["answers"]["loggers"]) == ("tabular", ["tensorboard"])
    told = json.loads(scaffold(*words, "-t", "vision-dcgan", XDG_CONFIG_HOME=str(folder)).out)
    assert (told["template"], told["answers"]["loggers"]) == ("vision-dcgan", ["tensorboard"])


def test_an_unknown_preset(scaffold):
    """The nearest one is named."""
    ended = scaffold("new", "a", "--preset", "reserch")
    assert ended.err.startswith("Error: There is no preset 'reserch'.\nHint:  Did you mean 'research'?")
    assert {"minimal", "research", "production"} <= set(preset_files())
