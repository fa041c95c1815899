"""What all metrics of rankings have in common: cuts, ties, users left out, and what is refused."""

from functools import partial
from math import log2

import pytest
import torch

from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics import MRR, NDCG, HitRate, MetricGroup, RecallAtK

ALL = [HitRate, partial(NDCG, top_k=1), MRR, RecallAtK]
HIT = torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([[1, 0, 0]])
MISS = torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([[0, 0, 0]])


@pytest.mark.parametrize("make", ALL)
def test_equal_scores(make):
    """Equal scores rank in the order of the items: here the only relevant item comes first, there last."""
    first, last = make(top_k=[1]), make(top_k=[1])
    first.update((torch.zeros(1, 50), torch.eye(50)[:1]))
    last.update((torch.zeros(1, 50), torch.eye(50)[-1:]))
    assert (first.compute(), last.compute()) == ([1.0], [0.0])


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize(("ignore", "expected"), [(True, 1.0), (False, 0.5)])
def test_a_user_without_relevant_items(make, ignore, expected):
    """Such a user is left out, or counts as 0."""
    metric = make(top_k=1, ignore_zero_hits=ignore)
    metric.update(tuple(torch.cat(parts) for parts in zip(HIT, MISS, strict=True)))
    assert metric.compute() == [expected]


@pytest.mark.parametrize("make", ALL)
def test_no_relevant_item_at_all(make):
    """With nobody to count there is no mean."""
    metric = make()
    metric.update(MISS)
    with pytest.raises(NotComputableError, match=r" has seen no user with a relevant item\. Call `update` before"):
        metric.compute()
    with pytest.raises(NotComputableError, match=r" has seen no user\. Call `update` before `compute`\.$"):
        make(ignore_zero_hits=False).compute()


@pytest.mark.parametrize("make", ALL)
def test_a_score_is_not_a_number(make):
    """A ranking by NaN is none, and the result says so."""
    metric = make()
    metric.update(HIT)
    metric.update((torch.tensor([[3.0, float("nan"), 1.0] + [0.0] * 5]), torch.eye(8, dtype=torch.int64)[:1]))
    assert all(value != value for value in metric.compute())


@pytest.mark.parametrize("make", ALL)
def test_cuts_in_any_order(make):
    """The values are in the order of the sorted cuts."""
    metric = make(top_k=[3, 1])
    metric.update((torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([[0, 0, 1]])))
    low, high = metric.compute()
    assert low == 0 < high


@pytest.mark.parametrize("make", [HitRate, RecallAtK])
def test_as_many_as_there_are_and_more(make):
    """All items may be looked at, but no more than there are, where that could only give 1."""
    metric = make(top_k=3)
    metric.update(HIT)
    assert metric.compute() == [1.0]
    with pytest.raises(
        ValueError,
        match=r"^`top_k` looks at 4 items and there are 3: every relevant one is among them\. Choose a smaller `top_k`",
    ):
        make(top_k=[1, 4]).update(HIT)


@pytest.mark.parametrize("make", [MRR, NDCG])
def test_more_than_there_are(make):
    """A cut behind the last item cuts nothing."""
    scores, y = torch.tensor([[3.0, 2.0, 1.0]]), torch.tensor([[0, 1, 0]])
    wide, narrow = make(top_k=[2, 10]), make(top_k=[2, 3])
    for metric in (wide, narrow):
        metric.update((scores, y))
    assert wide.compute() == narrow.compute()


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("top_k", [[], 0, [1, -2], [1.5], "12"])
def test_wrong_cuts(make, top_k):
    """Cuts are whole numbers above 0, one at least."""
    with pytest.raises(ValueError, match=r"^`top_k` should be one or more whole numbers above 0, got .+\.$"):
        make(top_k=top_k)


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("shapes", [((2, 3), (2, 4)), ((3,), (3,)), ((2, 0), (2, 0))])
def test_wrong_shapes(make, shapes):
    """Scores and targets are one matrix each, of users and items."""
    with pytest.raises(ValueError, match=r"^`y_pred` and `y` should both be \(N, items\), got \(.+\) and \(.+\)\.$"):
        make().update([torch.zeros(shape) for shape in shapes])


@pytest.mark.parametrize("levels", [2, 20, 100_000])
@pytest.mark.parametrize("k", [1, 7, 60, 400])
def test_few_of_many(draw, levels, k):
    """A few of many items are found in the order of a stable sort of all, with ties within and at the cut."""
    scores, y = torch.randint(levels, (10, 400), generator=draw).float(), torch.rand(10, 400, generator=draw)
    values = []
    for user in range(10):
        items = sorted(range(400), key=lambda item, user=user: -scores[user, item].item())[:k]
        best = sorted(y[user].tolist(), reverse=True)[:k]
        gained, possible = (
            sum(gain / log2(rank + 2) for rank, gain in enumerate(gains)) for gains in (y[user, items].tolist(), best)
        )
        values.append(gained / possible)
    metric = NDCG(k, relevance_threshold=0, gain_function="linear_rank")
    metric.update((scores, y))
    assert metric.compute() == pytest.approx([sum(values) / 10], abs=1e-12)


def test_ranked_once(monkeypatch):
    """Metrics of one group that look at equally many items rank a batch once; no gradients, as in an engine."""
    sort, calls = torch.Tensor.sort, []
    monkeypatch.setattr(torch.Tensor, "sort", lambda *args, **kwargs: calls.append(1) or sort(*args, **kwargs))
    group = MetricGroup({"hits": HitRate([1, 3]), "mrr": MRR(), "recall": RecallAtK(3), "ndcg": NDCG(3)})
    with torch.no_grad():
        group.update(HIT)
    assert calls == [1]
    assert group.compute() == {"hits": [1.0, 1.0], "mrr": [1.0], "recall": [1.0], "ndcg": [1.0]}
