"""CohenKappa."""

from functools import partial

import pytest
import torch
from sklearn.metrics import cohen_kappa_score
from torch.nn.functional import one_hot

from scaffold_runtime.metrics import CohenKappa

WEIGHTS = (None, "linear", "quadratic")


def _classes(draw, shape=()):
    return [tuple(torch.randint(4, (n, *shape), generator=draw) for _ in range(2)) for n in (9, 9, 9, 4)]


def _both(batches):
    return tuple(torch.cat(parts).flatten() for parts in zip(*batches, strict=True))


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("num_classes", [None, 5])
def test_classes(contract, draw, weights, num_classes):
    """Of integers it is scikit-learn's, kept or counted; class 4 is absent."""
    batches = _classes(draw)
    contract(partial(CohenKappa, weights=weights, num_classes=num_classes), batches, _expected(batches, weights))


def _expected(batches, weights):
    predicted, target = _both(batches)
    return cohen_kappa_score(target, predicted, weights=weights)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_scores(contract, draw, weights):
    """Of scores it is that of the highest."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randint(4, (n,), generator=draw)) for n in (9, 9, 9, 4)]
    expected = cohen_kappa_score(
        torch.cat([y for _, y in batches]), torch.cat([p.argmax(1) for p, _ in batches]), weights=weights
    )
    contract(partial(CohenKappa, weights=weights), batches, expected)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32])
def test_one_hot_classes(dtype):
    """One-hot targets `(N, C)` are read as their classes, of one-hot predictions and of scores."""
    predicted, target = torch.tensor([0, 2, 1, 2, 0, 1]), torch.tensor([0, 2, 2, 2, 1, 1])
    expected = cohen_kappa_score(target, predicted)
    for scores in (one_hot(predicted, 3), one_hot(predicted, 3) * 0.3 + 0.1):
        kappa = CohenKappa()
        kappa.update((scores, one_hot(target, 3).to(dtype)))
        assert kappa.compute() == pytest.approx(expected, abs=1e-12)


def test_distance_of_classes_between_which_there_are_others():
    """Classes are as far apart as their numbers, whether those between them occur or not."""
    predicted, target = torch.tensor([0, 1, 5, 5, 0]), torch.tensor([0, 5, 5, 1, 1])
    kappa = CohenKappa(weights="linear")
    kappa.update((predicted, target))
    assert kappa.compute() == pytest.approx(
        cohen_kappa_score(target, predicted, weights="linear", labels=range(6)), abs=1e-12
    )


def test_half_precision_and_a_class_axis_of_one(draw):
    """Half-precision probabilities and `(N, 1)` are read as their like."""
    probabilities, target = torch.rand(20, 1, generator=draw).half(), torch.randint(2, (20, 1), generator=draw)
    kappa = CohenKappa()
    kappa.update((probabilities, target))
    assert kappa.compute() == pytest.approx(cohen_kappa_score(target[:, 0], probabilities[:, 0] > 0.5))


@pytest.mark.parametrize("num_classes", [None, 4])
def test_ignored(contract, draw, num_classes):
    """Samples of the ignored target do not count."""
    batches = _classes(draw)
    for _, target in batches:
        target[:2] = -100
    predicted, target = _both(batches)
    expected = cohen_kappa_score(target[target >= 0], predicted[target >= 0])
    contract(partial(CohenKappa, num_classes=num_classes, ignore_index=-100), batches, expected)


def test_one_class():
    """Where there is one class, chance agrees entirely."""
    kappa = CohenKappa()
    kappa.update((torch.zeros(3, dtype=torch.int64), torch.zeros(3, dtype=torch.int64)))
    assert kappa.compute() != kappa.compute()


def test_wrong_input():
    """Unknown weights, too few classes, predictions that are no class, and mixed forms are refused."""
    with pytest.raises(ValueError, match=r"^`weights` should be None, 'linear' or 'quadratic', got 'cubic'\.$"):
        CohenKappa(weights="cubic")
    with pytest.raises(ValueError, match=r"^`num_classes` should be at least 2, got 1\.$"):
        CohenKappa(num_classes=1)
    kappa = CohenKappa(num_classes=3)
    with pytest.raises(ValueError, match=r"^`y_pred` should score 3 classes, got 4\.$"):
        kappa.update((torch.zeros(2, 4), torch.zeros(2)))
    kappa.update((torch.eye(3), torch.arange(3)))
    assert kappa.compute() == 1.0, "a refused batch counts"
    kappa.reset()
    kappa.update((torch.tensor([0, 3, -1]), torch.tensor([0, 1, 2])))
    with pytest.raises(ValueError, match=r"^Predictions should lie in \[0, 3\), and 2 do not\. Give the `num_classes`"):
        kappa.compute()
    for first, second in ((torch.zeros(2), torch.tensor([0, 1])), (torch.tensor([0, 1]), torch.zeros(2))):
        kappa = CohenKappa()
        kappa.update((first, torch.tensor([0, 1])))
        with pytest.raises(RuntimeError, match=r"^Scores and classes were mixed\. Call `reset` between\.$"):
            kappa.update((second, torch.tensor([0, 1])))
