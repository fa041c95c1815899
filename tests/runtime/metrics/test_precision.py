"""Precision."""

from functools import partial

import pytest
import torch
from sklearn.metrics import precision_score

from scaffold_runtime.metrics import Precision

AVERAGES = {False: None, None: None, True: "macro", "macro": "macro", "micro": "micro", "weighted": "weighted"}


@pytest.mark.parametrize("average", AVERAGES)
def test_multiclass(contract, draw, average):
    """Over batches of unequal sizes it is scikit-learn's, in every way of averaging; class 4 is absent."""
    batches = [(torch.randn(n, 5, generator=draw), torch.randint(4, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = precision_score(y, scores.argmax(1), average=AVERAGES[average], labels=range(5), zero_division=0)
    contract(partial(Precision, average=average), batches, expected)


@pytest.mark.parametrize("average", AVERAGES)
def test_binary(contract, draw, average):
    """Of binary data `average=False` means class 1; the others speak of both classes."""
    batches = [(torch.randint(2, (n,), generator=draw), torch.randint(2, (n,), generator=draw)) for n in (9, 9, 4)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    kind = "binary" if average is False else AVERAGES[average]
    contract(partial(Precision, average=average), batches, precision_score(y, p, average=kind, zero_division=0))


@pytest.mark.parametrize("average", [*AVERAGES, "samples"])
def test_multilabel(contract, draw, average):
    """Each label is a class; with "samples" each sample has its own value."""
    batches = [(torch.randint(2, (n, 3), generator=draw), torch.randint(2, (n, 3), generator=draw)) for n in (9, 9, 4)]
    p, y = (torch.cat(parts).numpy() for parts in zip(*batches, strict=True))
    kind = "samples" if average == "samples" else AVERAGES[average]
    contract(
        partial(Precision, average=average, is_multilabel=True),
        batches,
        precision_score(y, p, average=kind, zero_division=0),
    )


def test_wrong_average():
    """An unknown average is refused, and "samples" where samples have one label."""
    with pytest.raises(ValueError, match=r"^`average` should be None, a bool, .* got 'mean'\.$"):
        Precision(average="mean")
    with pytest.raises(ValueError, match=r"^`average='samples'` is for multilabel data, got binary data\.$"):
        Precision(average="samples").update((torch.ones(2), torch.ones(2)))


@pytest.mark.parametrize("average", [False, "macro", "micro", "weighted"])
def test_ignored(contract, draw, average):
    """Samples of the ignored target count for no class."""
    batches = [(torch.randn(n, 3, generator=draw), torch.randint(-1, 3, (n,), generator=draw)) for n in (8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    p, y = scores.argmax(1)[y >= 0], y[y >= 0]
    expected = precision_score(y, p, average=AVERAGES[average], labels=range(3), zero_division=0)
    contract(partial(Precision, average=average, ignore_index=-1), batches, expected)


@pytest.mark.parametrize("average", [False, "micro", "samples"])
def test_ignored_labels(contract, draw, average):
    """Of a multilabel sample the known labels count, and a sample without any is none."""
    batches = [
        (torch.randint(2, (n, 3), generator=draw), torch.randint(-1, 2, (n, 3), generator=draw)) for n in (9, 9, 4)
    ]
    batches[0][1][0] = -1
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    some = (y >= 0).any(1)
    # Scikit-learn knows no ignored labels: as neither predicted nor true they count nowhere either.
    p, y = (p * (y >= 0))[some].numpy(), y.clamp(min=0)[some].numpy()
    kind = "samples" if average == "samples" else AVERAGES[average]
    expected = precision_score(y, p, average=kind, zero_division=0)
    contract(partial(Precision, average=average, is_multilabel=True, ignore_index=-1), batches, expected)


def test_an_empty_state_makes_a_used_metric_new():
    """What was loaded decides: after a state without batches come batches of another kind."""
    precision = Precision()
    precision.update((torch.eye(3), torch.arange(3)))
    precision.load_state_dict(Precision().state_dict())
    precision.update((torch.tensor([1, 1, 0]), torch.tensor([1, 0, 0])))
    assert precision.compute() == 0.5


def test_no_label_occurs():
    """Weighted by labels of which none occurs it is 0, as in scikit-learn."""
    y_pred, y = torch.ones(3, 2), torch.zeros(3, 2)
    precision = Precision(average="weighted", is_multilabel=True)
    precision.update((y_pred, y))
    assert precision.compute() == precision_score(y, y_pred, average="weighted", zero_division=0) == 0
