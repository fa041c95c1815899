"""Arithmetic with metrics."""

import pickle

import pytest
import torch

from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics import (
    Accuracy,
    ConfusionMatrix,
    Fbeta,
    MetricGroup,
    Precision,
    Recall,
    RunningAverage,
    VariableAccumulation,
)

BATCHES = [
    (torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([1, 1])),
    (torch.tensor([[0.0, 1.0], [0.0, 1.0]]), torch.tensor([1, 1])),
    (torch.tensor([[1.0, 0.0]]), torch.tensor([1])),
]


def test_arithmetic():
    """Metrics are added, scaled and indexed like their values, each part updated once a batch."""
    engine, matrix = Engine(lambda engine, batch: batch), ConfusionMatrix(2)
    precision, recall = Precision(average=False), Recall(average=False)
    f1 = (2 * precision * recall / (precision + recall + 1e-20)).mean()
    metrics = {
        "f1": f1,
        "fbeta": Fbeta(1.0, precision=precision, recall=recall),
        "hits": matrix[1, 1],
        "left": 1 - Accuracy(),
        "square": Accuracy() ** 2 % 1,
        "halves": matrix.sum().item() // 2,
        "power": 2 ** (-Accuracy()),
    }
    for name, metric in metrics.items():
        metric.attach(engine, name)
        assert metric.is_attached(engine)
    engine.run(BATCHES)
    f = 2 * 0.6 / 1.6
    assert engine.state.metrics == pytest.approx(
        {"f1": f / 2, "fbeta": f / 2, "hits": 3, "left": 0.4, "square": 0.36, "halves": 2, "power": 2**-0.6}
    )


def _total(output_transform=lambda x: x):
    return VariableAccumulation(lambda total, x: total + x, output_transform)


def test_what_is_used_twice_is_updated_once():
    """By hand and in a group as well, however many metrics are computed from it."""
    total = _total()
    twice = total[0] + total[0]
    twice.update(3.0)
    assert (total.compute()[0], twice.compute()) == (3, 6)
    group = MetricGroup({"total": total, "twice": twice, "again": 2 * twice})
    group.reset()
    group.update(3.0)
    assert [group.compute()["total"][0], group.compute()["twice"], group.compute()["again"]] == [3, 6, 12]


def test_transforms_of_what_it_is_computed_from():
    """They apply where it is attached, within a group and within a running average."""
    double = 2 * _total(lambda output: output["x"])[0]
    engine = Engine(lambda engine, batch: batch)
    double.attach(engine, "double")
    RunningAverage(2 * _total(lambda output: output["x"])[0], alpha=0.5).attach(engine, "average")
    MetricGroup({"within": 2 * _total(lambda output: output[0])[0]}, lambda output: [output["x"]]).attach(engine, "all")
    engine.run([{"x": 1.0}, {"x": 3.0}])
    del engine.state.metrics["all"]
    assert engine.state.metrics == {"double": 8, "average": 4, "within": 8}


def test_attached_twice():
    """One `detach` undoes both, and it may be updated by hand again."""
    engine, error = Engine(lambda engine, batch: batch), 1 - Accuracy()
    error.attach(engine, "a")
    error.attach(engine, "b")
    assert engine.run(BATCHES).metrics == {"a": 0.4, "b": 0.4}
    error.detach(engine)
    error.reset()
    error.update(BATCHES[0])
    assert error.compute() == 0.5


def test_an_ingredient_is_detached():
    """What is computed from it is computed on."""
    engine, accuracy = Engine(lambda engine, batch: batch), Accuracy()
    error = 1 - accuracy
    accuracy.attach(engine, "accuracy")
    error.attach(engine, "error")
    accuracy.detach(engine)
    assert error.is_attached(engine)
    assert engine.run(BATCHES).metrics == {"error": 0.4}


def test_metrics_are_no_sequences():
    """A metric can be indexed, but not iterated over without end, and has no attributes that nobody wrote."""
    with pytest.raises(TypeError, match="not iterable"):
        list(Accuracy())
    with pytest.raises(AttributeError):
        _ = Accuracy().averge


METHODS = {
    "max": lambda recall, matrix: recall.max(),
    "norm": lambda recall, matrix: recall.norm(p=1),
    "tolist": lambda recall, matrix: recall.tolist(),
    "topk": lambda recall, matrix: recall.topk(1)[1],
    "to": lambda recall, matrix: matrix.to(torch.float64),
    "sum": lambda recall, matrix: matrix.diag().sum() / matrix.sum(dim=1),
    "T": lambda recall, matrix: matrix.T,
    "shape": lambda recall, matrix: matrix.shape,
    "-": lambda recall, matrix: -recall,
    "+": lambda recall, matrix: +recall,
    "abs": lambda recall, matrix: abs(-recall),
    "1 /": lambda recall, matrix: 1 / (recall + 1),
    "7 //": lambda recall, matrix: 7 // (matrix + 1),
    "7 %": lambda recall, matrix: 7 % (matrix + 1),
    "@": lambda recall, matrix: matrix @ matrix,
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_the_value(name):
    """What is asked of a metric is asked of its value, whatever it is."""
    batch = (torch.tensor([1, 0, 1, 1, 0]), torch.tensor([1, 0, 0, 1, 1]))
    recall, matrix = torch.tensor([0.5, 2 / 3], dtype=torch.float64), torch.tensor([[1, 1], [1, 2]])
    derived = METHODS[name](Recall(average=None), ConfusionMatrix(2, output_transform=_one_hot))
    engine = Engine(lambda engine, batch: batch)
    derived.attach(engine, "derived")
    found, expected = engine.run([batch]).metrics["derived"], METHODS[name](recall, matrix)
    torch.testing.assert_close(torch.as_tensor(found), torch.as_tensor(expected), check_dtype=name == "to")


def _one_hot(output):
    return torch.nn.functional.one_hot(output[0], 2), output[1]


def test_methods_of_a_number():
    """A number has those of a tensor of no axes, and lists those of one axis."""
    for derived, expected in ((Accuracy().item(), 0.5), (Accuracy().sqrt(), 0.5**0.5), (Accuracy().tolist(), 0.5)):
        derived.update(BATCHES[0])
        assert derived.compute() == pytest.approx(expected)
        assert isinstance(derived.compute(), float)


def test_what_no_value_has():
    """Misspelt names are errors where they are written, and nothing private is asked of a value."""
    for name in ("updaet", "_private", "__fspath__"):
        assert not hasattr(Accuracy(), name)
    with pytest.raises(
        AttributeError, match=r"^'Accuracy' object has no attribute 'updaet', and tensors no such method\.$"
    ):
        Accuracy().updaet  # noqa: B018


def test_methods_pickle():
    """Like all metrics, what is made by them is saved and sent."""
    derived = pickle.loads(pickle.dumps(Recall(average="macro").round(decimals=1)))
    derived.update(BATCHES[0])
    assert derived.compute() == 0.2
