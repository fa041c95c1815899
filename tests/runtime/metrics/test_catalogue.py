"""The whole catalogue: all that PyTorch-Ignite has, under its names, with its parameters; and documented."""

import importlib
import inspect
import pkgutil
import warnings
from typing import get_args, get_type_hints

import pytest
import torch
from tests.runtime.metrics.count_on_xla import numbers
from tests.runtime.metrics.fed_with_tensors import FED, FED_OTHERWISE

from scaffold_runtime import metrics
from scaffold_runtime.metrics import Metric
from scaffold_runtime.metrics.metric import identity

with warnings.catch_warnings():
    # Ignite compiles with `torch.jit.script` what it imports, which torch calls deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ignite.metrics

PACKAGES = ["", *(f".{module.name}" for module in pkgutil.iter_modules(ignite.metrics.__path__) if module.ispkg)]

OTHER_DEFAULTS = {
    ("*", "output_transform"): "A function with a name, so that metrics pickle.",
    ("*", "device"): "Where the batches are, unless given: nothing is moved.",
    ("*", "check_compute_fn"): "There is nothing to be checked, but in `EpochMetric`; asking for it is a warning.",
    ("ConfusionMatrix", "skip_unrolling"): "Lists of samples are taken apart, as by every other metric.",
}
"""Parameters whose defaults differ, by metric (or "*" for all), and why."""

BEYOND_IGNITE = [
    "BalancedAccuracy",
    "BrierScore",
    "CalibrationError",
    "ExplainedVariance",
    "HammingLoss",
    "MRR",
    "MeanAbsolutePercentageError",
    "MultiScaleSSIM",
    "PanopticQuality",
    "RecallAtK",
    "Specificity",
    "SymmetricMeanAbsolutePercentageError",
    "WordErrorRate",
]

OF_OTHER_METRICS = {"Metric", "MetricGroup", "MetricsLambda", "RunningAverage"}
"""These take what the metrics take that they are made of, so they have no shapes of their own."""


def _exported(package: str) -> list[str]:
    module = importlib.import_module(f"ignite.metrics{package}")
    public = [name for name, value in vars(module).items() if name[0] != "_" and not inspect.ismodule(value)]
    return sorted({*public, *getattr(module, "__all__", ())})


EXPORTED = [(package, name) for package in PACKAGES for name in _exported(package)]
DOCUMENTED = {
    name: value for name, value in vars(metrics).items() if inspect.isclass(value) and issubclass(value, Metric)
}


def _both(package: str, name: str):
    return (
        getattr(importlib.import_module(f"{root}{package}"), name)
        for root in ("ignite.metrics", "scaffold_runtime.metrics")
    )


def _parameters(function) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


def _options(metric) -> set[str]:
    """The arguments of `**options: Unpack[...]`, which every metric takes, by name."""
    if not inspect.isclass(metric) or "options" not in _parameters(metric):
        return set()
    (options,) = get_args(get_type_hints(metric.__init__)["options"])
    return set(get_type_hints(options))


def test_ignite_was_found():
    """The names are those of a library that is installed, so there are many."""
    assert len(EXPORTED) > 80
    assert len(PACKAGES) == 8


@pytest.mark.parametrize(("package", "name"), EXPORTED, ids=[f"{package}.{name}" for package, name in EXPORTED])
def test_as_in_ignite(package, name):
    """A name is importable from the same place; it has the same parameters in the same order, defaults included.

    Those that every metric takes are its last ones, and are given by name.
    """
    theirs, ours = _both(package, name)
    if inspect.ismodule(theirs):
        assert inspect.ismodule(ours)
        return
    expected, actual = _parameters(theirs), _parameters(ours)
    by_name = _options(ours) - set(actual)
    last = [name in by_name for name in expected]
    assert last == sorted(last)
    wanted = [name for name in expected if name in actual or name not in by_name]
    assert list(actual)[: len(wanted)] == wanted
    for parameter in wanted:
        is_same = actual[parameter].default == expected[parameter].default
        assert is_same or {("*", parameter), (name, parameter)} & set(OTHER_DEFAULTS), parameter


def test_a_check_that_there_is_not():
    """Positional arguments stand where Ignite has them; who asks for the check that it makes is told, once."""
    kappa = metrics.CohenKappa(identity, None, False, "cpu", True)
    assert (kappa.device.type, kappa.weights) == ("cpu", None)
    checked = {name for name, metric in DOCUMENTED.items() if "check_compute_fn" in _parameters(metric)}
    assert len(checked) == 12
    for name in sorted(checked - {"EpochMetric"}):
        with pytest.warns(UserWarning, match=r"^`check_compute_fn` has no effect: nothing of another library ") as told:
            getattr(metrics, name)(check_compute_fn=True)
        assert len(told) == 1


@pytest.mark.parametrize("name", BEYOND_IGNITE)
def test_beyond_ignite(name):
    """What Ignite does not have is there as well."""
    assert issubclass(getattr(metrics, name), Metric)
    assert not hasattr(ignite.metrics, name)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented(name):
    """Every metric shows how it is used, and says what it takes and gives."""
    sections = [line.strip() for line in (DOCUMENTED[name].__doc__ or "").splitlines()]
    assert "Example:" in sections
    if name not in OF_OTHER_METRICS:
        assert "Shapes:" in sections
        assert any(line.startswith("result:") for line in sections)


def test_all_are_fed():
    """The table that asks all metrics what must be true of all leaves none out without a reason."""
    fed = {name.split(",")[0] for name in FED}
    assert not fed & FED_OTHERWISE.keys()
    assert {*DOCUMENTED, *fed} <= fed | FED_OTHERWISE.keys() <= {*vars(metrics)}


@pytest.mark.parametrize("name", FED)
def test_batches_of_both_modes(draw, name):
    """A metric may take one batch in inference mode and the next one outside of it, and counts both as ever."""
    make, make_batch = FED[name]
    both, plain = make(), make()
    batches = [make_batch(draw) for _ in range(2)]
    with torch.inference_mode():
        both.update(batches[0])
    both.update(batches[1])
    for batch in batches:
        plain.update(batch)
    assert numbers(both.compute()) == pytest.approx(numbers(plain.compute()), nan_ok=True)
