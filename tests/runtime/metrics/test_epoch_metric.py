"""EpochMetric."""

from functools import partial

import pytest
import torch
from scipy.stats import spearmanr

from scaffold_runtime.metrics import EpochMetric
from scaffold_runtime.metrics.epoch_metric import EpochMetricWarning


def _median_error(y_pred, y):
    return (y_pred - y).abs().median().item()


def _column_sums(y_pred, y):
    return y_pred.sum(0) + y.sum()


def _rank_correlation(y_pred, y):
    return float(spearmanr(y_pred.numpy(), y.numpy()).statistic)


@pytest.mark.parametrize("shape", [(), (1,)])
@pytest.mark.parametrize("function", [_median_error, _rank_correlation])
def test_function_of_all(function, draw, shape, contract):
    """It is the function of everything that all processes have seen, with `(N, 1)` taken for `(N,)`."""
    batches = [(torch.randn(n, *shape, generator=draw), torch.randn(n, generator=draw)) for n in (9, 9, 4)]
    y_pred, y = (torch.cat([part.flatten() for part in parts]) for parts in zip(*batches, strict=True))
    contract(partial(EpochMetric, function, check_compute_fn=False), batches, function(y_pred, y))


def test_tensors(contract, draw):
    """Predictions of several columns are kept so, and a result may be a tensor."""
    batches = [(torch.randn(n, 3, generator=draw), torch.randint(5, (n,), generator=draw)) for n in (9, 9, 4)]
    expected = torch.cat([p for p, _ in batches]).sum(0) + torch.cat([y for _, y in batches]).sum()
    contract(partial(EpochMetric, _column_sums), batches, expected)


def test_function_that_fails(recwarn):
    """A function that cannot compute the first batch is told of at once, unless nobody wants to know."""
    batch = (torch.ones(2), torch.ones(2, 3))
    message = (
        r"^`compute_fn` failed on the first batch, of shapes \(2,\) and \(2, 3\): no\. It may do so on all of them\.$"
    )
    metric = EpochMetric(_fails)
    with pytest.warns(EpochMetricWarning, match=message):
        metric.update(batch)
    metric.update(batch)
    EpochMetric(_fails, check_compute_fn=False).update(batch)
    assert not recwarn.list


def _fails(y_pred, y):
    raise ArithmeticError("no")


def test_wrong_input():
    """What is no function, has too many dimensions, or changes its form, is refused."""
    with pytest.raises(TypeError, match=r"^`compute_fn` should be callable, got 3\.$"):
        EpochMetric(3)
    metric = EpochMetric(_median_error)
    with pytest.raises(
        ValueError, match=r"^`y_pred` and `y` should be \(N,\) or \(N, C\), got \(2, 3, 4\) and \(2,\)\.$"
    ):
        metric.update((torch.ones(2, 3, 4), torch.ones(2)))
    metric.update((torch.ones(2), torch.ones(2)))
    with pytest.raises(
        ValueError, match=r"^The samples of `y` have changed from torch\.float32 of shape \(\) to torch\.int64 "
    ):
        metric.update((torch.ones(2), torch.ones(2, dtype=torch.int64)))


def test_an_empty_batch_is_not_tried(recwarn):
    """The function is tried on the first batch that has samples."""
    metric = EpochMetric(_fails)
    metric.update((torch.ones(0), torch.ones(0)))
    assert not recwarn.list
    with pytest.warns(
        EpochMetricWarning, match=r"^`compute_fn` failed on the first batch, of shapes \(2,\) and \(2,\)"
    ):
        metric.update((torch.ones(2), torch.ones(2)))
