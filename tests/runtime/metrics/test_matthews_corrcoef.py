"""MatthewsCorrCoef."""

import pytest
import torch
from sklearn.metrics import matthews_corrcoef
from torch.nn.functional import one_hot

from scaffold_runtime import metrics
from scaffold_runtime.metrics import MatthewsCorrCoef


def _pairs(draw, classes=4):
    return [tuple(torch.randint(classes, (n,), generator=draw) for _ in range(2)) for n in (9, 9, 9, 4)]


@pytest.mark.parametrize("shift", [0, -2])
def test_classes(contract, draw, shift):
    """Of integers it is scikit-learn's, of negative ones too."""
    batches = [(predicted + shift, target + shift) for predicted, target in _pairs(draw)]
    predicted, target = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(MatthewsCorrCoef, batches, matthews_corrcoef(target, predicted))


@pytest.mark.parametrize("as_one_hot", [False, True])
def test_scores(contract, draw, as_one_hot):
    """Of scores it is that of the highest, with targets as classes and as one-hot."""
    classes = [(torch.randn(n, 4, generator=draw), torch.randint(3, (n,), generator=draw)) for n in (9, 9, 9, 4)]
    expected = matthews_corrcoef(torch.cat([y for _, y in classes]), torch.cat([p.argmax(1) for p, _ in classes]))
    batches = [(p, one_hot(y, 4) if as_one_hot else y) for p, y in classes]
    contract(MatthewsCorrCoef, batches, expected)


def test_probabilities(contract, draw):
    """Floats without a class axis are probabilities of class 1."""
    batches = [(torch.rand(n, generator=draw), torch.randint(2, (n,), generator=draw)) for n in (9, 9, 4)]
    scores, target = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(MatthewsCorrCoef, batches, matthews_corrcoef(target, scores > 0.5))


@pytest.mark.parametrize("classes", [([1, 1, 1], [0, 1, 1]), ([0, 1, 1], [1, 1, 1]), ([1], [1])])
def test_one_class(classes):
    """Where everything is of one class, or predicted to be, it is 0."""
    coefficient = MatthewsCorrCoef()
    coefficient.update(tuple(torch.tensor(part) for part in classes))
    assert coefficient.compute() == 0


def test_many_samples():
    """Counts whose squares are beyond 64 bits are subtracted exactly."""
    billions = 5 * 10**9
    coefficient = MatthewsCorrCoef(num_classes=2)
    coefficient.add_counts(torch.tensor([[billions, 1], [1, 0]]))
    # By hand: -1 of 1 wrong of either kind, by the product of both margins.
    assert coefficient.compute() == pytest.approx(-1 / (billions + 1), rel=1e-12)


def test_wrong_shapes():
    """Shapes that do not go together are named."""
    with pytest.raises(ValueError, match=r"got \(4, 3\) and \(5,\)\.$"):
        MatthewsCorrCoef().update((torch.zeros(4, 3), torch.zeros(5)))


@pytest.mark.parametrize("name", ["CohenKappa", "MatthewsCorrCoef"])
@pytest.mark.parametrize(
    ("row", "dtype"),
    [
        ([0, 1, 1], torch.int64),
        ([0, 1, 1], torch.bool),
        ([0, 0, 0], torch.uint8),
        ([0, 2, -1], torch.int64),
        ([0, 2, 0], torch.int64),
        ([0, -1, 0], torch.int8),
    ],
)
def test_targets_that_are_not_one_hot(name, row, dtype):
    """Integers `(N, C)` of which a sample has no class or several are refused, until `reset`; scores are not."""
    metric = getattr(metrics, name)()
    metric.update((torch.eye(3)[1:], torch.tensor([row, [1, 0, 0]], dtype=dtype)))
    with pytest.raises(ValueError, match=r".") as error:
        metric.compute()
    assert str(error.value) == (
        "Targets (N, C) should be one-hot, and 1 have no class or several. "
        f"{name} is not of labels of which any number may be set."
    )
    metric.reset()
    metric.update((torch.eye(3), one_hot(torch.arange(3), 3).to(dtype)))
    metric.update((torch.eye(3), torch.eye(3) / 2 + 0.1))
    assert metric.compute() == 1.0


def test_targets_that_are_not_one_hot_over_processes(two_processes):
    """All processes refuse what one of them has seen."""
    good, bad = (torch.eye(2), torch.tensor([[1, 0], [0, 1]])), (torch.eye(2), torch.tensor([[1, 1], [0, 1]]))
    with pytest.raises(AssertionError, match=r"^ValueError: Targets .* should be one-hot, and 1 have"):
        two_processes.run("compute", [(MatthewsCorrCoef(), [batch]) for batch in (good, bad)])
