"""Fbeta."""

from functools import partial

import pytest
import torch
from sklearn.metrics import fbeta_score

from scaffold_runtime.metrics import Fbeta, Precision, Recall


@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_classes(contract, draw, beta, average):
    """It is scikit-learn's; a class with neither precision nor recall has 0."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randint(3, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = fbeta_score(
        y, scores.argmax(1), beta=beta, labels=range(4), average="macro" if average else None, zero_division=0
    )
    contract(partial(Fbeta, beta, average), batches, expected)


def test_binary(contract, draw):
    """Of binary data it is the score of class 1."""
    batches = [(torch.randint(2, (n,), generator=draw), torch.randint(2, (n,), generator=draw)) for n in (9, 9, 4)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(partial(Fbeta, 1.0), batches, fbeta_score(y, p, beta=1.0))


def test_wrong_arguments():
    """A beta that is not positive, an unknown average, and metrics that cannot be combined by class, are refused."""
    with pytest.raises(ValueError, match=r"^`beta` should be positive, got 0\.$"):
        Fbeta(0)
    with pytest.raises(ValueError, match=r"^Precision should have `average=False` .* got 'macro'\.$"):
        Fbeta(1.0, precision=Precision(average=True))
    with pytest.raises(ValueError, match=r"^`average` should be True, .*, or False, got 'weighted'\.$"):
        Fbeta(1.0, average="weighted")
    with pytest.raises(TypeError, match=r"^`recall` should be a Recall, got Precision\.$"):
        Fbeta(1.0, precision=Precision(), recall=Precision())


def test_ignored(contract, draw):
    """Samples of the ignored target count for no class."""
    batches = [(torch.randn(n, 3, generator=draw), torch.randint(-1, 3, (n,), generator=draw)) for n in (8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = fbeta_score(y[y >= 0], scores.argmax(1)[y >= 0], beta=2, average="macro", zero_division=0)
    contract(partial(Fbeta, 2.0, ignore_index=-1), batches, expected)


def test_arguments_of_given_metrics():
    """What a metric that is made here takes is refused where both are given; where one is, the other takes it."""
    fbeta = Fbeta(1.0, precision=Precision(), output_transform=lambda output: output[:2], device="meta")
    assert [metric.device.type for metric in fbeta.leaves] == ["cpu", "meta"]
    with pytest.raises(ValueError, match=r"^`output_transform`, `device` and `ignore_index` are those of the given "):
        Fbeta(1.0, precision=Precision(), recall=Recall(), ignore_index=-1)


@pytest.mark.parametrize(("how", "num_values"), [({"is_multilabel": True}, 2), ({"ignore_index": -1}, 1)])
def test_metrics_that_read_batches_differently(how, num_values):
    """Precision of some labels and recall of others have no F score; metrics that read alike have one."""
    with pytest.raises(
        ValueError, match=r"^`precision` and `recall` should read batches alike, .* Give both of them\.$"
    ):
        Fbeta(1.0, precision=Precision(**how))
    fbeta = Fbeta(1.0, average=False, precision=Precision(**how), recall=Recall(**how))
    fbeta.update((torch.tensor([[1, 0], [1, 1]]), torch.tensor([[1, 1], [0, 1]])))
    # By hand: each label has one hit and one error, all together have two hits, a false alarm and a miss.
    assert torch.as_tensor(fbeta.compute()).flatten().tolist() == pytest.approx([2 / 3] * num_values)
