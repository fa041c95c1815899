"""KendallRankCorrelation."""

from functools import partial

import pytest
import torch
from scipy.stats import kendalltau

from scaffold_runtime.metrics.regression import KendallRankCorrelation
from scaffold_runtime.metrics.regression.kendall_correlation import num_inversions


@pytest.mark.parametrize("variant", ["b", "c"])
@pytest.mark.parametrize("how", [{}, {"levels": 3}, {"levels": 20}, {"dtype": torch.float16}])
def test_numbers(contract, draw_pairs, how, variant):
    """It is SciPy's, with few ties and many."""
    batches, y_pred, y = draw_pairs(**how)
    contract(partial(KendallRankCorrelation, variant), batches, kendalltau(y_pred, y, variant=variant).statistic)


@pytest.mark.parametrize("variant", ["b", "c"])
@pytest.mark.parametrize(("left_ties", "right_ties"), [(0, 0), (0, 7), (7, 0), (7, 9), (2, 60), (60, 2)])
def test_few_ties(draw, left_ties, right_ties, variant):
    """It is SciPy's where a number or none occurs twice, on one side, on the other, or on both; and more often."""
    y_pred, y = torch.randn(2, 150, generator=draw)
    y_pred[:left_ties] = y_pred[70 : 70 + left_ties]
    y[5 : 5 + right_ties] = y[70 : 70 + right_ties]
    y_pred[140:143] = y_pred[145:148]  # alike on both sides, some of them
    y[141:144] = y[146:149]
    metric = KendallRankCorrelation(variant)
    metric.update((y_pred, y))
    assert metric.compute() == pytest.approx(kendalltau(y_pred, y, variant=variant).statistic, abs=1e-14)


@pytest.mark.parametrize("num_samples", [2, 3, 1000, 70_000])
def test_many_numbers(draw, num_samples):
    """It is SciPy's of any number of samples, more than a matrix of all pairs has room for too."""
    y_pred = torch.randn(num_samples, generator=draw)
    y = (y_pred + torch.randn(num_samples, generator=draw)).round(decimals=2)
    metric = KendallRankCorrelation()
    metric.update((y_pred, y))
    assert metric.compute() == pytest.approx(kendalltau(y_pred, y).statistic, abs=1e-12)


@pytest.mark.parametrize("highest", [0, 1, 6, 7, 8])
def test_inversions(draw, highest):
    """They are those counted pair by pair."""
    ranks = torch.randint(highest + 1, (40,), generator=draw)
    ranks[:2] = torch.tensor([highest, 0])
    wrong = (ranks[:, None] > ranks).triu(1).sum()
    assert num_inversions(ranks) == wrong


@pytest.mark.parametrize("predictions", [[1.0, 1.0, 1.0], [1.0, float("nan"), 2.0]])
def test_no_order(predictions):
    """There is no value where nothing varies, or where a number has no place in an order."""
    metric = KendallRankCorrelation()
    metric.update((torch.tensor(predictions), torch.tensor([1.0, 2.0, 3.0])))
    assert metric.compute() != metric.compute()


def test_wrong_variant():
    """Variants are "b" and "c"."""
    with pytest.raises(ValueError, match=r"^`variant` should be 'b' or 'c', got 'a'\.$"):
        KendallRankCorrelation("a")
