"""What metrics take of an engine's output."""

import numpy as np
import pytest
import torch
from tests.runtime.metrics.fed_with_tensors import FED, one_number, scores

from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics import Accuracy, Average

PAIRED = [name for name, (_, make_batch) in FED.items() if make_batch not in (one_number, scores)]

BATCHES = [
    (torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([1, 1])),
    (torch.tensor([[0.0, 1.0], [0.0, 1.0]]), torch.tensor([1, 1])),
    (torch.tensor([[1.0, 0.0]]), torch.tensor([1])),
]


def _value(metric, outputs):
    engine = Engine(lambda engine, batch: batch)
    metric.attach(engine, "m")
    return engine.run(outputs).metrics["m"]


def test_mapping_as_output():
    """A mapping is read by `required_output_keys`, and what is missing is named."""
    batches = [{"y": y, "y_pred": p, "x": None} for p, y in BATCHES]
    assert _value(Accuracy(), batches) == 0.6
    with pytest.raises(ValueError, match=r"^Accuracy needs the keys \['y_pred', 'y'\] of a mapping, got \['z'\]\."):
        _value(Accuracy(), [{"z": 1}])
    with pytest.raises(TypeError, match=r"^Average takes no mapping, got one with the keys \['z'\]\."):
        _value(Average(), [{"z": 1}])


def test_lists_as_output():
    """Two lists of samples are unrolled into pairs."""
    batches = [([p[0] for p in [p]], [y[0]]) for p, y in BATCHES]
    assert _value(Accuracy(), batches) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "as_output",
    [tuple, list, lambda pair: {"y_pred": pair[0], "y": pair[1]}, lambda pair: (list(pair[0]), list(pair[1]))],
)
def test_forms_of_one_output(as_output):
    """A tuple, a list, a mapping and two lists of samples are the same to a metric."""
    assert _value(Accuracy(), [as_output(pair) for pair in BATCHES]) == 0.6


def test_lists_that_are_no_samples():
    """Lists of different lengths are refused, and lists that are not to be taken apart arrive as they are."""
    lists = ([torch.ones(2), torch.ones(2)], [torch.ones(2)])
    with pytest.raises(
        ValueError, match=r"^An output of lists should be two of the same length, got lengths \[2, 1\]\."
    ):
        _value(Accuracy(), [lists])
    seen = []

    class Seeing(Average):
        """Notes what it gets."""

        def update(self, output):
            seen.append(output)
            super().update(1.0)

    _value(Seeing(skip_unrolling=True), [lists])
    assert seen == [lists]


@pytest.mark.parametrize("name", PAIRED)
@pytest.mark.parametrize(("output", "got"), [(torch.tensor(0.5), r"a tensor of shape \(\)"), (0.5, "'float'")])
def test_a_loss_where_a_pair_is_taken(name, output, got):
    """Whoever forgets the `output_transform` of a trainer whose output is its loss is told what is taken."""
    trainer = Engine(lambda engine, batch: output)
    FED[name][0]().attach(trainer, "value")
    said = rf"^A batch should be .*y_pred, y.*, got {got}\. An `output_transform` picks them\.$"
    with pytest.raises(TypeError, match=said):
        trainer.run([0])


@pytest.mark.parametrize("name", ["Accuracy", "ConfusionMatrix", "MeanSquaredError", "ROC_AUC"])
def test_arrays_of_numpy(name):
    """They have a device as tensors do, and are refused all the same."""
    said = r"^A batch should be tensors \(y_pred, y\), got \(ndarray, ndarray\)\. An `output_transform` picks them\.$"
    with pytest.raises(TypeError, match=said):
        FED[name][0]().update((np.ones(2), np.ones(2)))


@pytest.mark.parametrize("name", ["BrierScore", "Fbeta", "Recall", "Specificity"])
def test_a_target_that_is_no_class(draw, name):
    """Where the device notices it, the values are told."""
    make, make_batch = FED[name]
    scores, y = make_batch(draw)
    y[0] = 3
    with pytest.raises(ValueError, match=r"^Targets should lie in \[0, 2\], got values from 0 to 3\.$"):
        make().update((scores, y))
