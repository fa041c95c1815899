"""Every combination of the options that we offer renders clean."""

from __future__ import annotations

import itertools
from pathlib import Path, PurePosixPath

import pytest
from tests.matrix.rendering import left_over, render_all

from scaffold.life.finish import generate
from scaffold.template.catalog import load_catalog
from scaffold.template.combinations import combinations, cover, pairs
from scaffold.template.resolve import resolve

CATALOG = load_catalog()
TEMPLATES = [layer.id for layer in CATALOG.templates()]

LOGGERS = {
    choice.name
    for template in TEMPLATES
    for option in resolve(CATALOG, template, {}).options
    if option.name == "loggers"
    for choice in option.choices
}

OPTIONAL = {
    *LOGGERS,
    *(f"{name}_logger" for name in LOGGERS),
    *("tracker_logger", "tracker_thread", "tracker_record", "tracker_handlers", "logger_setup", "tracked_run"),
    "ema",
    "ema_handler",
    "early_stopping",
    "xla",
    "horovod",
    "gradient_averaging",
    "onnx_format",
}
"""Modules that come only if something was chosen."""


@pytest.mark.slow
@pytest.mark.parametrize("template", TEMPLATES)
def test_all_render_clean(template: str, tmp_path: Path) -> None:
    """The files of all projects compile, ruff finds nothing in them, and nothing of the generator is in them."""
    rendered = render_all(CATALOG, template, combinations(CATALOG, template), tmp_path)
    assert rendered.count > 10  # a change that hides all options cannot make this pass by testing nothing
    assert rendered.faults == []


def test_what_is_left_over_is_seen() -> None:
    """A tag, a template's name and a syntax error do not go unnoticed."""
    path = PurePosixPath("src/x.py")
    assert left_over(path, b"x = '{{ y }}'\nimport project_name\n") == ["project_name", "{{ ", " }}"]
    with pytest.raises(SyntaxError):
        left_over(path, b"def f(:\n")


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_cover_has_all_pairs(template: str) -> None:
    """Whatever two values meet in some combination also meet in one of the cover, which is much smaller."""
    rows = cover(CATALOG, template)
    met = set(itertools.chain.from_iterable(pairs(CATALOG, template, row) for row in rows))
    everything = combinations(CATALOG, template)
    assert set(itertools.chain.from_iterable(pairs(CATALOG, template, row) for row in everything)) <= met
    assert len(rows) < len(everything) / 2


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_that_was_not_chosen_is_there(template: str) -> None:
    """With all defaults there is no module and no dependency of loggers, other data, backends, extras."""
    project = generate(CATALOG, template, "some-project", {})
    text = b"".join(file.content for path, file in project.files.items() if path.suffix in (".py", ".toml")).decode()
    assert not {path.stem for path in project.files} & OPTIONAL
    for absent in ("tensorboard", "mlflow", "wandb", "torchvision", "CIFAR", "torch_xla==", "horovod>=", "onnx"):
        assert absent not in text, absent
