"""MeanAveragePrecision."""

from functools import partial

import pytest
import torch
from sklearn.metrics import average_precision_score
from torch.nn.functional import one_hot

from scaffold_runtime.metrics import MeanAveragePrecision

MEANS = (None, "macro", "micro", "weighted")


def _scores(draw, shape, dtype=torch.float32):
    return (torch.randint(8, shape, generator=draw) / 8).to(dtype)


@pytest.mark.filterwarnings("ignore:No positive class found in y_true")
@pytest.mark.parametrize("class_mean", MEANS)
def test_multiclass(contract, draw, class_mean):
    """Each class against the others is scikit-learn's, averaged as there; class 3 is absent."""
    batches = [(_scores(draw, (n, 4)), torch.randint(3, (n,), generator=draw)) for n in (9, 9, 4)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = average_precision_score(one_hot(y, 4), scores, average=class_mean)
    contract(partial(MeanAveragePrecision, class_mean=class_mean), batches, expected)


@pytest.mark.parametrize("class_mean", MEANS)
def test_multilabel_of_images(contract, draw, class_mean):
    """Labels on axis 1 of `(N, C, H)` belong to each place."""
    batches = [(_scores(draw, (n, 3, 4)), torch.randint(2, (n, 3, 4), generator=draw)) for n in (2, 2, 1)]
    scores, y = (torch.cat(parts).movedim(1, -1).reshape(-1, 3) for parts in zip(*batches, strict=True))
    expected = average_precision_score(y, scores, average=class_mean)
    contract(partial(MeanAveragePrecision, class_mean=class_mean, is_multilabel=True), batches, expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_binary(contract, draw, dtype):
    """Of one score for a sample there is one value, whatever the mean."""
    batches = [(_scores(draw, (n, 1), dtype), torch.randint(2, (n,), generator=draw)) for n in (9, 9, 4)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = average_precision_score(y, scores[:, 0].double())
    contract(partial(MeanAveragePrecision, class_mean=None), batches, expected)


@pytest.mark.parametrize("as_thresholds", [list, torch.tensor])
def test_recalls(contract, as_thresholds):
    """At given recalls, in any order, the precision is that of the highest score that reaches each."""
    batches = [
        (torch.tensor([0.9, 0.8]), torch.tensor([1, 0])),
        (torch.tensor([0.7, 0.6]), torch.tensor([1, 0])),
        (torch.tensor([0.5]), torch.tensor([1])),
    ]
    # By hand: recall 1/3 at precision 1, 2/3 at 2/3, 1 at 3/5.
    expected = 0.2 * 1 + 0.4 * 2 / 3 + 0.3 * 3 / 5
    contract(partial(MeanAveragePrecision, as_thresholds([0.9, 0.2, 0.6])), batches, expected)


def test_recalls_of_an_absent_class():
    """Recalls that no score reaches have precision 0."""
    metric = MeanAveragePrecision([0.0, 0.5, 1.0])
    metric.update((torch.tensor([0.9, 0.8]), torch.tensor([0, 0])))
    assert metric.compute() == 0


def test_wrong_input():
    """Recalls outside of [0, 1], unknown means, scores that have no order, and data that changes are refused."""
    with pytest.raises(ValueError, match=r"^`rec_thresholds` should be recalls in \[0, 1\], .*, got \[0\.5, 1\.5\]\.$"):
        MeanAveragePrecision([0.5, 1.5])
    with pytest.raises(
        ValueError, match=r"^`class_mean` should be None, 'macro', 'micro' or 'weighted', got 'mean'\.$"
    ):
        MeanAveragePrecision(class_mean="mean")
    metric = MeanAveragePrecision()
    metric.update((torch.tensor([0.5, float("nan")]), torch.tensor([0, 1])))
    with pytest.raises(ValueError, match=r"^MeanAveragePrecision ranks scores, and 1 of them are NaN\.$"):
        metric.compute()
    with pytest.raises(
        ValueError, match=r"^The samples of `y_pred` have changed from torch\.float32 of shape \(\) to "
    ):
        metric.update((torch.zeros(2, 3), torch.tensor([0, 1])))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_recalls_that_are_rounded(draw, dtype):
    """A recall of 3/10 reaches the threshold 0.3 however that is rounded."""
    scores, y = torch.rand(40, generator=draw), (torch.arange(40) < 10).long()
    # By hand: each of the ten is found at its rank, and adds a tenth of the precision there.
    ranks = y[scores.argsort(descending=True)].nonzero()[:, 0] + 1
    metric = MeanAveragePrecision(torch.linspace(0, 1, 11, dtype=dtype))
    metric.update((scores, y))
    assert metric.compute() == pytest.approx((torch.arange(1, 11) / ranks).mean().item(), abs=1e-6)
