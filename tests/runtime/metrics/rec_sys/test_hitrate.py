"""HitRate."""

from functools import partial

import pytest
import torch
from torchmetrics.retrieval import RetrievalHitRate

from scaffold_runtime.metrics.rec_sys import HitRate


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize(("ignore", "action"), [(True, "skip"), (False, "neg")])
def test_rankings(contract, draw_rankings, dtype, ignore, action):
    """It is torchmetrics', with users who have no relevant item and without."""
    batches, scores, y, users = draw_rankings(dtype)
    expected = [RetrievalHitRate(action, top_k=k)(scores.float(), y, users).item() for k in (1, 2, 5)]
    assert expected[0] < expected[1] < expected[2] < 1 or ignore
    contract(partial(HitRate, [1, 2, 5], ignore), batches, expected)


def test_by_hand():
    """One user is served by the first item, one by the second, one by none of two: 1 of 3, then 2 of 3."""
    metric = HitRate([1, 2])
    scores = torch.tensor([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [2.0, 3.0, 1.0]])
    metric.update((scores, torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])))
    assert metric.compute() == [1 / 3, 2 / 3]
