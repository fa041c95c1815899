"""What Precision and Recall have in common: the ways of averaging, kinds of data, and what is ignored."""

from functools import partial

import pytest
import torch
from sklearn.metrics import precision_score, recall_score

from scaffold_runtime.metrics import Precision, Recall

BOTH = pytest.mark.parametrize(("metric", "score"), [(Precision, precision_score), (Recall, recall_score)])
AVERAGES = {False: None, None: None, True: "macro", "macro": "macro", "micro": "micro", "weighted": "weighted"}


def _value(metric, batches):
    for batch in batches:
        metric.update(batch)
    return torch.as_tensor(metric.compute()).tolist()


def _labels(draw, low=0):
    """Batches of predicted and true labels `(N, 3)`, and all of them."""
    batches = [
        (torch.randint(2, (n, 3), generator=draw), torch.randint(low, 2, (n, 3), generator=draw)) for n in (9, 9, 4)
    ]
    return batches, *(torch.cat(parts) for parts in zip(*batches, strict=True))


@BOTH
def test_multiclass(contract, draw, metric, score):
    """Over batches of unequal sizes it is scikit-learn's, in every way of averaging; class 4 is absent."""
    batches = [(torch.randn(n, 5, generator=draw), torch.randint(4, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = {
        average: score(y, scores.argmax(1), average=kind, labels=range(5), zero_division=0)
        for average, kind in AVERAGES.items()
    }
    for average, value in expected.items():
        assert _value(metric(average=average), batches) == pytest.approx(value)
    # The averages differ in what is counted by whether classes are weighted, and else in `compute`.
    for average in (False, "weighted"):
        contract(partial(metric, average=average), batches, expected[average])


@BOTH
def test_binary(contract, draw, metric, score):
    """Of binary data `average=False` means class 1; the others speak of both classes."""
    batches = [(torch.randint(2, (n,), generator=draw), torch.randint(2, (n,), generator=draw)) for n in (9, 9, 4)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    for average, kind in AVERAGES.items():
        value = score(y, p, average="binary" if average is False else kind, zero_division=0)
        assert _value(metric(average=average), batches) == pytest.approx(value)
    contract(metric, batches, score(y, p, average="binary", zero_division=0))
    contract(partial(metric, average=None), batches, score(y, p, average=None, zero_division=0))


@BOTH
def test_multilabel(contract, draw, metric, score):
    """Each label is a class; with "samples" each sample has its own value."""
    batches, p, y = _labels(draw)
    for average, kind in {**AVERAGES, "samples": "samples"}.items():
        value = score(y.numpy(), p.numpy(), average=kind, zero_division=0)
        assert _value(metric(average=average, is_multilabel=True), batches) == pytest.approx(value)
        if average in ("weighted", "samples"):
            contract(partial(metric, average=average, is_multilabel=True), batches, value)


@BOTH
def test_ignored(contract, draw, metric, score):
    """Samples of the ignored target count for no class."""
    batches = [(torch.randn(n, 3, generator=draw), torch.randint(-1, 3, (n,), generator=draw)) for n in (8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    p, y = scores.argmax(1)[y >= 0], y[y >= 0]
    for average in (False, "macro", "micro", "weighted"):
        value = score(y, p, average=AVERAGES[average], labels=range(3), zero_division=0)
        assert _value(metric(average=average, ignore_index=-1), batches) == pytest.approx(value)
    contract(partial(metric, average="weighted", ignore_index=-1), batches, value)


@BOTH
def test_ignored_labels(contract, draw, metric, score):
    """Of a multilabel sample the known labels count, and a sample without any is none."""
    batches, p, y = _labels(draw, low=-1)
    batches[0][1][0], y[0] = -1, -1
    some = (y >= 0).any(1)
    # Scikit-learn knows no ignored labels: as neither predicted nor true they count nowhere either.
    p, y = (p * (y >= 0))[some].numpy(), y.clamp(min=0)[some].numpy()
    for average, kind in {False: None, "micro": "micro", "samples": "samples"}.items():
        value = score(y, p, average=kind, zero_division=0)
        assert _value(metric(average=average, is_multilabel=True, ignore_index=-1), batches) == pytest.approx(value)
    contract(partial(metric, average="samples", is_multilabel=True, ignore_index=-1), batches, value)


@BOTH
def test_wrong_average(metric, score):
    """An unknown average is refused, and "samples" where samples have one label."""
    for average in ("mean", 1):
        with pytest.raises(ValueError, match=rf"^`average` should be None, a bool, .* got {average!r}\.$"):
            metric(average=average)
    with pytest.raises(ValueError, match=r"^`average='samples'` is for multilabel data, got binary data\.$"):
        metric(average="samples").update((torch.ones(2), torch.ones(2)))


@BOTH
def test_no_label_occurs(metric, score):
    """Weighted by labels of which none occurs it is 0, as in scikit-learn."""
    y_pred, y = torch.ones(3, 2), torch.zeros(3, 2)
    value = _value(metric(average="weighted", is_multilabel=True), [(y_pred, y)])
    assert value == score(y, y_pred, average="weighted", zero_division=0) == 0


def test_an_empty_state_makes_a_used_metric_new():
    """What was loaded decides: after a state without batches come batches of another kind."""
    precision = Precision()
    precision.update((torch.eye(3), torch.arange(3)))
    precision.load_state_dict(Precision().state_dict())
    assert _value(precision, [(torch.tensor([1, 1, 0]), torch.tensor([1, 0, 0]))]) == 0.5
