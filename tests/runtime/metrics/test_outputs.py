"""What metrics take of an engine's output."""

import pytest
import torch

from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics import Accuracy, Average

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
