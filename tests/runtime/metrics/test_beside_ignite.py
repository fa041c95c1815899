"""What metrics give and have, beside Ignite's: types, attributes, names, and numbers that are no usual ones.

What differs stands in `runtime/README.md`.
"""

import importlib
import inspect
import math
import pkgutil
import re
import sys
import warnings
from functools import partial
from pathlib import Path

import pytest
import torch
from tests.runtime.metrics.fed_with_tensors import FED
from torch import tensor

from scaffold_runtime import metrics as ours
from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics import Accuracy, Metric
from scaffold_runtime.metrics.metrics_lambda import MetricsLambda

with warnings.catch_warnings():
    # Ignite compiles with `torch.jit.script` what it imports, which torch calls deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ignite.metrics as theirs
    from ignite.engine import Engine as TheirEngine

    for module in pkgutil.walk_packages(theirs.__path__, "ignite.metrics."):
        importlib.import_module(module.name)

README = (Path(__file__).parents[3] / "runtime/README.md").read_text()
INF, NAN = math.inf, math.nan

GIVES_TENSORS = {"Average", "VariableAccumulation"}
"""What accumulates gives what it has accumulated."""


def _leaves(value):
    if isinstance(value, dict):
        return [leaf for entry in value.values() for leaf in _leaves(entry)]
    return [leaf for entry in value for leaf in _leaves(entry)] if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("name", FED)
def test_type_of_a_value(draw, name):
    """One number is a float, several are a tensor; what is computed from metrics is what its function gives."""
    make, make_batch = FED[name]
    metric = make()
    for _ in range(3):
        metric.update(make_batch(draw))
    if name in GIVES_TENSORS or isinstance(metric, MetricsLambda):
        return
    for leaf in _leaves(metric.compute()):
        is_tensor = isinstance(leaf, torch.Tensor) and leaf.ndim > 0 and leaf.dtype in (torch.float64, torch.int64)
        assert type(leaf) in (float, int) or is_tensor, leaf


CLASSES = (tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), tensor([1, 1, 0]))
BITS = (tensor([1, 0, 1, 1]), tensor([1, 0, 0, 1]))
WORDS = ([["a", "b", "c", "d"]], [[["a", "b", "c", "d"]]])
VALUES = {
    **{f"{name}, {average}": (name, {"average": average}, CLASSES) for name in ("Precision", "Recall")
       for average in (False, None, "macro", "micro", "weighted")},
    "Precision, of labels": ("Precision", {"average": "samples", "is_multilabel": True},
                             (tensor([[1, 0], [1, 1]]), tensor([[1, 1], [0, 1]]))),
    "Precision, of bits": ("Precision", {"average": False}, BITS),
    "Fbeta": ("Fbeta", {"beta": 1.0}, BITS),
    "Fbeta, by class": ("Fbeta", {"beta": 1.0, "average": False}, CLASSES),
    "Fbeta, of bits": ("Fbeta", {"beta": 1.0, "average": False}, BITS),
    "MeanAveragePrecision": ("MeanAveragePrecision", {}, CLASSES),
    "MeanAveragePrecision, by class": ("MeanAveragePrecision", {"class_mean": None}, CLASSES),
    "Bleu": ("Bleu", {}, WORDS),
    "Bleu, micro": ("Bleu", {"average": "micro"}, WORDS),
    "ConfusionMatrix": ("ConfusionMatrix", {"num_classes": 2}, CLASSES),
    "ConfusionMatrix, shares": ("ConfusionMatrix", {"num_classes": 2, "average": "recall"}, CLASSES),
    "Average": ("Average", {}, 1.0),
    "Average, of tensors": ("Average", {}, tensor(1.0)),
    "Average, of columns": ("Average", {}, tensor([[1.0, 2.0], [3.0, 4.0]])),
    "GeometricAverage": ("GeometricAverage", {}, 1.0),
    "GeometricAverage, of one column": ("GeometricAverage", {}, tensor([[1.0], [3.0]])),
    "VariableAccumulation": ("VariableAccumulation", {"op": torch.add}, 1.0),
}  # fmt: skip
OTHER_TYPES = {
    **dict.fromkeys(("Precision, of bits", "Fbeta, of bits", "MeanAveragePrecision", "Bleu"), "a tensor of no axes"),
    "ConfusionMatrix, shares": "single precision",
    "GeometricAverage, of one column": "a float",
}
"""What Ignite gives, where it is something else; the README has it in one line."""


def _types(library, name, options, batch):
    metric = getattr(library, name)(**options)
    metric.update(batch)
    leaves = _leaves(metric.compute())
    return [(leaf.dtype, leaf.ndim) if isinstance(leaf, torch.Tensor) else type(leaf) for leaf in leaves]


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence:UserWarning")  # of Ignite's
@pytest.mark.parametrize("case", VALUES)
def test_types_beside_ignites(case):
    """They are Ignite's, but for those that are listed."""
    is_same = _types(ours, *VALUES[case]) == _types(theirs, *VALUES[case])
    assert is_same == (case not in OTHER_TYPES)


# ------------------------------------------------------------- names and attributes

NOT_HERE = README.split("## Names of Ignite that are not here")[1]
LISTED = set(re.findall(r"`metrics\.([\w.]+)`", NOT_HERE))
"""What the README says is not here: attributes of instances, and names in files."""

CONSTRUCTED = {name: make for name, (make, _) in FED.items() if "," not in name} | {
    "Bleu": ours.Bleu, "Rouge": ours.Rouge, "ClassificationReport": ours.ClassificationReport,
    "CharacterErrorRate": ours.CharacterErrorRate, "Frequency": ours.Frequency,
}  # fmt: skip


def _theirs(name):
    """Ignite's metric, made as ours is."""
    make = CONSTRUCTED[name]
    folders = [module.name for module in pkgutil.iter_modules(theirs.__path__) if module.ispkg]
    packages = [theirs, *(getattr(theirs, folder) for folder in folders)]
    package = next((package for package in packages if hasattr(package, name)), None)
    if package is None:
        return None
    kind = getattr(package, name)
    if name in ("DiceCoefficient", "IoU", "JaccardIndex", "mIoU", "cmAccuracy"):
        return kind(theirs.ConfusionMatrix(3))
    return kind(*make.args, **make.keywords) if isinstance(make, partial) else kind()


@pytest.mark.parametrize("name", CONSTRUCTED)
def test_attributes(name):
    """Every public attribute and method of Ignite's is there, with its parameters, or the README says why not."""
    metric, peer = CONSTRUCTED[name](), _theirs(name)
    if peer is None:  # beyond Ignite
        return
    public = {attribute for attribute in {*dir(peer), *vars(peer)} if attribute[0] != "_"}
    missing = {attribute for attribute in public if not hasattr(metric, attribute)}
    assert {f"{name}.{attribute}" for attribute in missing} == {each for each in LISTED if each.split(".")[0] == name}
    for attribute in public - missing:
        if inspect.ismethod(getattr(peer, attribute)):
            expected, found = (list(inspect.signature(getattr(each, attribute)).parameters) for each in (peer, metric))
            assert found == expected, attribute


def test_names_in_files():
    """What a file of Ignite's defines is to be had from the file of the same name, or the README says why not."""
    missing = set()
    for name, module in [*sys.modules.items()]:
        if name.startswith("ignite.metrics.") and module is not None:
            defined = {key for key, value in vars(module).items() if getattr(value, "__module__", "") == name}
            try:
                here = importlib.import_module(name.replace("ignite", "scaffold_runtime", 1))
            except ModuleNotFoundError:
                here = None
            file = name.removeprefix("ignite.metrics.")
            missing |= {f"{file}.{key}" for key in defined if key[0] != "_" and not hasattr(here, key)}
    assert missing == {name for name in LISTED if name.split(".")[0] not in CONSTRUCTED}


# ------------------------------------------------------------- what users of Ignite write


def test_old_names_of_keys():
    """A metric that says with an underscore what it takes of a mapping, three entries, gets them."""
    taken = []

    class Old(Metric):
        _required_output_keys = ("y_pred", "y", "x")

        def update(self, output):
            taken.append(output)

        def compute(self):
            return 0.0

    engine = Engine(lambda engine, batch: {"x": 3, "y": 2, "y_pred": 1, "more": 4})
    Old().attach(engine, "old")
    engine.run([0])
    assert taken == [(1, 2, 3)]
    assert Accuracy._required_output_keys == ("y_pred", "y")


@pytest.mark.parametrize("name", ["Accuracy", "Precision", "Recall", "MeanAveragePrecision"])
def test_sequences(draw, name):
    """`get_sequence_transform` gives what Ignite's gives, padding left out."""
    batch = torch.randn(4, 6, 3, generator=draw), torch.randint(-1, 3, (4, 6), generator=draw)
    for ignored in (None, -1, [-1, 2]):
        found, expected = (getattr(library, name).get_sequence_transform(ignored)(batch) for library in (ours, theirs))
        torch.testing.assert_close(found, expected)
    with pytest.raises(
        ValueError, match=r"^`y_pred` and `y` should be \(N, S, C\) and \(N, S\), got \(4, 3\) and \(4,\)"
    ):
        ours.Accuracy.get_sequence_transform()((torch.zeros(4, 3), torch.zeros(4)))


@pytest.mark.parametrize("average", ["recall", "precision"])
def test_normalize(average):
    """A matrix is divided by the sums of its rows or columns, an absent class has 0."""
    matrix = tensor([[3, 1, 0], [0, 2, 0], [0, 0, 0]])
    found = ours.ConfusionMatrix.normalize(matrix, average)
    torch.testing.assert_close(found.float(), theirs.ConfusionMatrix.normalize(matrix, average))
    with pytest.raises(ValueError, match=r"^`average` should be 'recall' or 'precision', got 'samples'\.$"):
        ours.ConfusionMatrix.normalize(matrix, "samples")


# ------------------------------------------------------------- numbers that are no usual ones

NUMBERS = {
    "0/0, FractionalAbsoluteError": ("FractionalAbsoluteError", [0.0, 1.0], [0.0, 3.0], 0.5),
    "0/0, GeometricMeanRelativeAbsoluteError": ("GeometricMeanRelativeAbsoluteError", [0.0, 0.0], [0.0, 0.0], 0.0),
    "0/0, MedianRelativeAbsoluteError": ("MedianRelativeAbsoluteError", [0.0, 0.0], [0.0, 0.0], 0.0),
    "0/0, MedianAbsolutePercentageError": ("MedianAbsolutePercentageError", [0.0, 1.0, 2.0], [0.0, 2.0, 1.0], 50.0),
    "0/0, MeanAbsoluteRelativeError": ("MeanAbsoluteRelativeError", [0.0, 1.0], [0.0, 2.0], 0.25),
    "0/0, CanberraMetric": ("CanberraMetric", [0.0, 1.0], [0.0, 3.0], 0.5),
    "0/0, WaveHedgesDistance": ("WaveHedgesDistance", [0.0, 1.0], [0.0, 2.0], 0.5),
    "NaN, MaximumAbsoluteError": ("MaximumAbsoluteError", [NAN, 1.0], [1.0, 2.0], NAN),
    "NaN, MedianAbsoluteError": ("MedianAbsoluteError", [NAN, 1.0, 2.0], [1.0, 2.0, 1.0], NAN),
    "NaN, MedianRelativeAbsoluteError": ("MedianRelativeAbsoluteError", [NAN, 1.0, 2.0], [1.0, 2.0, 1.0], NAN),
    "inf - inf, MaximumAbsoluteError": ("MaximumAbsoluteError", [INF, 1.0], [INF, 2.0], NAN),
    "inf, R2Score": ("R2Score", [INF, 1.0, 2.0], [1.0, 2.0, 1.0], -INF),
    "inf, R2Score of equal targets": ("R2Score", [INF, 2.0], [2.0, 2.0], 0.0),
    "NaN, R2Score of equal targets": ("R2Score", [NAN, 2.0], [2.0, 2.0], NAN),
    "NaN, ExplainedVariance of equal targets": ("ExplainedVariance", [NAN, 2.0], [2.0, 2.0], NAN),
    "inf, MeanSquaredError": ("MeanSquaredError", [INF, 1.0], [1.0, 1.0], INF),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers(case):
    """No error is none on any scale; what is no number makes none; an infinite error explains nothing at all."""
    name, y_pred, y, expected = NUMBERS[case]
    metric = getattr(ours, name)()
    metric.update((tensor(y_pred), tensor(y)))
    assert metric.compute() == pytest.approx(expected, nan_ok=True)


def test_infinite_predictions_over_processes(two_processes):
    """R2Score is -inf wherever the infinite prediction was; as it is of one process."""
    batches = [(tensor([1.0, 2.0]), tensor([2.0, 4.0])), (tensor([INF, 0.0]), tensor([1.0, 3.0]))]
    found = two_processes.run("compute", [(ours.R2Score(), [batch]) for batch in batches])
    assert found == [-INF, -INF]


def test_more_than_there_are():
    """Each sample has its class among as many as there are, or more."""
    metric = ours.TopKCategoricalAccuracy(k=5)
    metric.update((torch.eye(3), tensor([0, 0, 0])))
    assert metric.compute() == 1.0


@pytest.mark.parametrize("name", ["ROC_AUC", "AveragePrecision", "MeanAveragePrecision"])
def test_scores_that_are_not_finite(name):
    """An infinite score ranks first or last; NaN ranks nowhere, and is refused."""
    metric = getattr(ours, name)()
    metric.update((tensor([INF, 0.5, -INF]), tensor([1, 0, 0])))
    assert metric.compute() == 1.0
    metric.update((tensor([NAN]), tensor([1])))
    with pytest.raises(ValueError, match=rf"^{name} ranks scores, and 1 of them are NaN\.$"):
        metric.compute()


@pytest.mark.parametrize("name", ["AveragePrecision", "MeanAveragePrecision", "ROC_AUC"])
def test_batches_of_another_dtype(name):
    """Scores and targets are numbers, whatever the dtype of those before."""
    one, other = getattr(ours, name)(), getattr(ours, name)()
    for metric, dtype in ((one, torch.float32), (other, torch.int32)):
        metric.update((tensor([0.2, 0.9, 0.4]), tensor([0, 1, 1])))
        metric.update((tensor([1, 0], dtype=dtype), tensor([0, 1], dtype=dtype)))
    assert one.compute() == other.compute()


@pytest.mark.parametrize("name", ["Precision", "Recall", "MeanAveragePrecision"])
@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.float32])
def test_targets_of_another_dtype(name, dtype):
    """Targets are classes, in whatever dtype they come; `check_values` refuses numbers between."""
    one, other = getattr(ours, name)(), getattr(ours, name)()
    one.update((CLASSES[0], CLASSES[1]))
    other.update((CLASSES[0], CLASSES[1].to(dtype)))
    torch.testing.assert_close(one.compute(), other.compute())
    with pytest.warns(RuntimeWarning, match="`y` should be of dtype long"):
        getattr(theirs, name)().update((CLASSES[0], CLASSES[1].to(dtype)))
    if name != "MeanAveragePrecision":
        with pytest.raises(ValueError, match=r"^Targets should be classes, got numbers between\."):
            getattr(ours, name)(check_values=True).update((CLASSES[0], tensor([1.0, 0.5, 0.0])))


def test_whole_scores():
    """Votes rank samples as scores do."""
    votes, y = tensor([3, 1, 2, 0]), tensor([1, 0, 0, 1])
    metric = ours.MeanAveragePrecision()
    metric.update((votes, y))
    assert metric.compute() == 1 / 2 * 1 + 1 / 2 * 2 / 4  # by hand: recall 1/2 at rank 1, 1 at rank 4
    with pytest.raises(TypeError, match="should be a float tensor"):
        theirs.MeanAveragePrecision().update((votes, y))


@pytest.mark.parametrize("name", ["MeanAbsoluteError", "MeanSquaredError", "MeanPairwiseDistance", "KLDivergence"])
def test_a_batch_of_three(name):
    """A batch is a pair; Ignite looks at the first two."""
    batch = torch.ones(2, 3), torch.zeros(2, 3), {"weight": 1}
    getattr(theirs, name)().update(batch)
    with pytest.raises(
        TypeError,
        match=r"^A batch should be tensors \(y_pred, y\), got \(Tensor, Tensor, dict\)\. An `output_transform`",
    ):
        getattr(ours, name)().update(batch)


def test_a_running_average_of_tensors():
    """It is the plain loop's in double precision, as Ignite's is, but for rounding."""
    expected, values = 0.0, torch.linspace(0, 3, 50)
    engine, peer = Engine(lambda engine, value: value), TheirEngine(lambda engine, value: value)
    for library, one in ((ours, engine), (theirs, peer)):
        library.RunningAverage(alpha=0.98, output_transform=lambda value: value).attach(one, "average")
        one.run(values)
    for value in values.double():
        expected = 0.98 * expected + 0.02 * value.item()
    found = [float(one.state.metrics["average"]) for one in (engine, peer)]
    assert found == pytest.approx([expected, expected], rel=1e-6)
