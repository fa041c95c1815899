"""ROC_AUC."""

from functools import partial

import pytest
import torch
from sklearn.metrics import roc_auc_score

from scaffold_runtime.metrics import ROC_AUC


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
    contract(ROC_AUC, batches, roc_auc_score(y, scores.double()))


AVERAGES = (None, "macro", "micro", "weighted")


def _of_classes(draw, *, labels):
    """Batches of scores with ties, and of all of them the targets in one-hot."""
    batches = []
    for n in (9, 9, 9, 4):
        y = torch.randint(2, (n, 3), generator=draw) if labels else torch.randint(3, (n,), generator=draw)
        batches.append((torch.randint(6, (n, 3), generator=draw) / 6, y))
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    return batches, scores.numpy(), (y if labels else torch.nn.functional.one_hot(y, 3)).numpy()


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("labels", [False, True])
def test_classes(contract, draw, labels, average):
    """Each class, or each label, against the others is one of scikit-learn's, averaged as there."""
    batches, scores, y = _of_classes(draw, labels=labels)
    contract(partial(ROC_AUC, average=average), batches, roc_auc_score(y, scores, average=average))


@pytest.mark.parametrize(
    ("average", "expected"), [(None, [0.5, 0.5, float("nan")]), ("macro", float("nan")), ("weighted", 0.5)]
)
def test_an_absent_class(average, expected):
    """A class that does not occur has no area, and weighs nothing; each of the others wins one of two comparisons."""
    metric = ROC_AUC(average=average)
    metric.update((torch.tensor([[0.5, 0.2, 0.3], [0.2, 0.7, 0.1], [0.6, 0.1, 0.3]]), torch.tensor([0, 1, 1])))
    assert torch.as_tensor(metric.compute()).tolist() == pytest.approx(expected, nan_ok=True)


def test_change_of_data():
    """One score for a sample does not become several, nor classes labels."""
    metric = ROC_AUC()
    metric.update((torch.zeros(2), torch.zeros(2)))
    with pytest.raises(
        ValueError, match=r"^The samples of `y_pred` have changed from torch\.float32 of shape \(\) to "
    ):
        metric.update((torch.zeros(2, 3), torch.zeros(2)))


def test_wrong_input():
    """Shapes that do not go together are refused, averages that there are not, and scores that have no order."""
    with pytest.raises(
        ValueError, match=r"^`y_pred` and `y` should be \(N,\) or \(N, 1\), or .*, got \(4, 2\) and \(3,\)\."
    ):
        ROC_AUC().update((torch.zeros(4, 2), torch.zeros(3)))
    with pytest.raises(ValueError, match=r"^`average` should be None, 'macro', 'micro' or 'weighted', got 'mean'\.$"):
        ROC_AUC(average="mean")
    metric = ROC_AUC()
    metric.update((torch.tensor([0.5, float("nan")]), torch.tensor([0, 1])))
    with pytest.raises(ValueError, match=r"^ROC_AUC ranks scores, and 1 of them are NaN\.$"):
        metric.compute()


def test_a_class_is_absent():
    """With one class there is no pair to compare."""
    metric = ROC_AUC()
    metric.update((torch.tensor([[0.2], [0.5]]), torch.tensor([[0], [0]])))
    assert metric.compute() != metric.compute()
