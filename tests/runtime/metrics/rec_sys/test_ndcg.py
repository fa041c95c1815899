"""NDCG."""

from functools import partial
from math import log2

import pytest
import torch
from sklearn.metrics import ndcg_score

from scaffold_runtime.metrics.rec_sys import NDCG


@pytest.mark.parametrize("gain", ["exp_rank", "linear_rank"])
@pytest.mark.parametrize("ignore", [True, False])
def test_rankings(contract, draw_rankings, gain, ignore):
    """It is scikit-learn's, which knows the linear gain and is given the exponential one."""
    batches, scores, y, _ = draw_rankings(levels=5)
    gains = 2**y - 1 if gain == "exp_rank" else y
    if ignore:
        scores, gains = scores[y.any(1)], gains[y.any(1)]
    expected = [ndcg_score(gains, scores, k=k, ignore_ties=True) for k in (1, 4, 20)]
    contract(partial(NDCG, [20, 1, 4], ignore, gain_function=gain), batches, expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_precisions(contract, draw_rankings, dtype):
    """The precision of the scores changes nothing where their order is the same."""
    batches, scores, y, _ = draw_rankings(dtype, levels=5)
    kept = y.any(1)
    contract(partial(NDCG, 3), batches, [ndcg_score(2 ** y[kept] - 1, scores.double()[kept], k=3, ignore_ties=True)])


def test_threshold():
    """Relevance 1 counts for nothing below a threshold of 2: gains 0, 3, 7 in the order 7, 0, 3."""
    metric = NDCG([3], relevance_threshold=2)
    metric.update((torch.tensor([[2.0, 1.0, 3.0]]), torch.tensor([[1, 2, 3]])))
    metric.update((torch.tensor([[2.0, 1.0, 3.0]]), torch.tensor([[1, 1, 0]])))
    assert metric.compute() == pytest.approx([(7 + 3 / log2(4)) / (7 + 3 / log2(3))], abs=1e-12)


def test_wrong_gain():
    """There are two gain functions."""
    with pytest.raises(ValueError, match=r"^`gain_function` should be 'exp_rank' or 'linear_rank', got 'square'\.$"):
        NDCG(1, gain_function="square")
