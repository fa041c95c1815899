"""RecallAtK."""

from functools import partial

import pytest
import torch
from torchmetrics.retrieval import RetrievalRecall

from scaffold_runtime.metrics.rec_sys import RecallAtK


@pytest.mark.parametrize(("ignore", "action"), [(True, "skip"), (False, "neg")])
def test_rankings(contract, draw_rankings, ignore, action):
    """It is torchmetrics', with users who have no relevant item and without."""
    batches, scores, y, users = draw_rankings()
    expected = [RetrievalRecall(action, top_k=k)(scores, y, users).item() for k in (1, 3, 9)]
    contract(partial(RecallAtK, [1, 3, 9], ignore), batches, expected)


def test_by_hand():
    """Of three relevant items two are among the first three; of one, one."""
    metric = RecallAtK(3)
    metric.update((torch.tensor([[5.0, 4.0, 3.0, 2.0]] * 2), torch.tensor([[1, 0, 1, 1], [0, 1, 0, 0]])))
    assert metric.compute() == [(2 / 3 + 1) / 2]
