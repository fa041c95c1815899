"""MRR."""

from functools import partial

import pytest
import torch
from torchmetrics.retrieval import RetrievalMRR

from scaffold_runtime.metrics.rec_sys import MRR


@pytest.mark.parametrize(("ignore", "action"), [(True, "skip"), (False, "neg")])
@pytest.mark.parametrize("top_k", [None, 1, 3, 12])
def test_rankings(contract, draw_rankings, ignore, action, top_k):
    """It is torchmetrics', cut anywhere and not cut."""
    batches, scores, y, users = draw_rankings()
    contract(partial(MRR, top_k, ignore), batches, [RetrievalMRR(action, top_k=top_k)(scores, y, users).item()])


def test_by_hand():
    """First relevant items at ranks 1, 3 and 2; later ones change nothing."""
    metric = MRR(top_k=[2, 3])
    metric.update((torch.tensor([[3.0, 2.0, 1.0]] * 3), torch.tensor([[1, 1, 1], [0, 0, 1], [0, 1, 1]])))
    assert metric.compute() == [(1 + 0 + 1 / 2) / 3, (1 + 1 / 3 + 1 / 2) / 3]
