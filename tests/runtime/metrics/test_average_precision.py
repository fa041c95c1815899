"""AveragePrecision."""

from functools import partial

import pytest
import torch
from sklearn.metrics import average_precision_score

from scaffold_runtime.metrics import AveragePrecision


def _batches(draw, levels, dtype=torch.float32):
    return [
        (torch.randint(levels, (n,), generator=draw).to(dtype) / levels, torch.randint(2, (n,), generator=draw))
        for n in (8, 8, 8, 3)
    ]


@pytest.mark.parametrize(("levels", "dtype"), [(4, torch.float32), (1000, torch.float64), (5, torch.float16)])
def test_scores(contract, draw, levels, dtype):
    """It is scikit-learn's, with many ties and few, in half precision too."""
    batches = _batches(draw, levels, dtype)
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(AveragePrecision, batches, average_precision_score(y, scores.double()))


@pytest.mark.filterwarnings("ignore:No positive class found in y_true")
@pytest.mark.parametrize("average", [None, "macro", "micro", "weighted"])
@pytest.mark.parametrize("labels", [False, True])
def test_classes(contract, draw, labels, average):
    """Each class, or each label, against the others is one of scikit-learn's, averaged as there; class 3 is absent."""
    batches = []
    for n in (9, 9, 9, 4):
        y = torch.randint(2, (n, 4), generator=draw) if labels else torch.randint(3, (n,), generator=draw)
        batches.append((torch.randint(6, (n, 4), generator=draw) / 6, y))
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    y = y if labels else torch.nn.functional.one_hot(y, 4)
    expected = average_precision_score(y.numpy(), scores.numpy(), average=average)
    contract(partial(AveragePrecision, average=average), batches, expected)


def test_wrong_input():
    """Shapes that do not go together are refused, and scores that have no order."""
    with pytest.raises(
        ValueError, match=r"^`y_pred` and `y` should be \(N,\) or \(N, 1\), or .*, got \(4, 2\) and \(3,\)\."
    ):
        AveragePrecision().update((torch.zeros(4, 2), torch.zeros(3)))
    metric = AveragePrecision()
    metric.update((torch.tensor([0.5, float("nan")]), torch.tensor([0, 1])))
    with pytest.raises(ValueError, match=r"^AveragePrecision ranks scores, and 1 of them are NaN\.$"):
        metric.compute()


def test_a_class_is_absent():
    """Without class 1 there is nothing to find."""
    metric = AveragePrecision()
    metric.update((torch.tensor([[0.2], [0.5]]), torch.tensor([[0], [0]])))
    assert metric.compute() == 0.0


@pytest.mark.filterwarnings("ignore:No positive class found in y_true")
@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_all_labels_are_absent(average):
    """Where no label occurs it is 0 in every mean, as in scikit-learn."""
    y_pred, y = torch.tensor([[0.1, 0.9], [0.7, 0.2]]), torch.zeros(2, 2)
    precision = AveragePrecision(average=average)
    precision.update((y_pred, y))
    assert precision.compute() == average_precision_score(y, y_pred, average=average) == 0
