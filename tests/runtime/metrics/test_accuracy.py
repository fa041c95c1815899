"""Accuracy."""

from functools import partial

import pytest
import torch
from sklearn.metrics import accuracy_score

from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics import Accuracy


def test_multiclass(contract, draw):
    """Over batches of unequal sizes it is scikit-learn's accuracy of all samples."""
    batches = [(torch.randn(n, 5, generator=draw), torch.randint(5, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(Accuracy, batches, accuracy_score(y, scores.argmax(1)))


def test_segmentation(contract, draw):
    """Every pixel of `(N, C, H, W)` counts as a sample."""
    batches = [(torch.randn(2, 3, 4, 5, generator=draw), torch.randint(3, (2, 4, 5), generator=draw)) for _ in range(3)]
    expected = accuracy_score(
        torch.cat([y.flatten() for _, y in batches]), torch.cat([p.argmax(1).flatten() for p, _ in batches])
    )
    contract(Accuracy, batches, expected)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.float16, torch.bool])
def test_binary(contract, draw, dtype):
    """Zeros and ones of any dtype are compared, with or without a class axis of one."""
    batches = [
        (torch.randint(2, (6, 1), generator=draw).to(dtype), torch.randint(2, (6,), generator=draw)) for _ in range(3)
    ]
    expected = accuracy_score(torch.cat([y for _, y in batches]), torch.cat([p[:, 0] for p, _ in batches]).long())
    contract(Accuracy, batches, expected)


def test_probabilities():
    """A probability above a half means class 1."""
    metric = Accuracy()
    metric.update((torch.tensor([0.9, 0.4, 0.6]), torch.tensor([1, 1, 0])))
    assert metric.compute() == pytest.approx(1 / 3)


def test_multilabel(contract, draw):
    """A sample counts when all of its labels are right: scikit-learn's subset accuracy."""
    batches = [(torch.randint(2, (9, 2), generator=draw), torch.randint(2, (9, 2), generator=draw)) for _ in range(3)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(partial(Accuracy, is_multilabel=True), batches, accuracy_score(y.numpy(), p.numpy()))


def test_multilabel_of_images(contract, draw):
    """Labels on axis 1 of `(N, C, H)` belong to each place."""
    batches = [
        (torch.randint(2, (2, 3, 4), generator=draw), torch.randint(2, (2, 3, 4), generator=draw)) for _ in range(3)
    ]
    right = [bool((p[n, :, h] == y[n, :, h]).all()) for p, y in batches for n in range(2) for h in range(4)]
    contract(partial(Accuracy, is_multilabel=True), batches, sum(right) / len(right))


def test_wrong_shapes():
    """Shapes that do not go together are named."""
    with pytest.raises(ValueError, match=r"got \(4, 3\) and \(5,\)\.$"):
        Accuracy().update((torch.zeros(4, 3), torch.zeros(5)))
    with pytest.raises(ValueError, match=r"got \(4, 0\) and \(4,\)\.$"):
        Accuracy().update((torch.zeros(4, 0), torch.zeros(4)))
    with pytest.raises(ValueError, match=r"got \(3,\) and \(\)\.$"):
        Accuracy().update((torch.zeros(3), torch.tensor(1)))
    with pytest.raises(ValueError, match=r"got \(4, 1\) and \(4, 1\)\.$"):
        Accuracy(is_multilabel=True).update((torch.zeros(4, 1), torch.zeros(4, 1)))


def test_a_pair_without_samples():
    """A target alone, without an axis of samples, is refused."""
    with pytest.raises(
        ValueError,
        match=r"^`y_pred` and `y` should be \(N, C, \.\.\.\) and \(N, \.\.\.\), or both .*, got \(\) and \(\)\.$",
    ):
        Accuracy().update((torch.tensor(1), torch.tensor(1)))


def test_change_of_data():
    """Data that changes its kind or number of classes between batches is refused."""
    metric = Accuracy()
    metric.update((torch.zeros(4, 3), torch.zeros(4, dtype=torch.int64)))
    with pytest.raises(RuntimeError, match=r"^The data has changed from multiclass to binary\."):
        metric.update((torch.zeros(4), torch.zeros(4)))
    with pytest.raises(ValueError, match=r"^Classes changed from 3 to 4\."):
        metric.update((torch.zeros(4, 4), torch.zeros(4, dtype=torch.int64)))


def test_values_are_checked_on_request():
    """`check_values` refuses a target that is no class, and a logit where a probability is expected."""
    metric = Accuracy(check_values=True)
    with pytest.raises(ValueError, match=r"^Targets should lie in \[0, 2\], got values from 0 to 3\.$"):
        metric.update((torch.zeros(2, 3), torch.tensor([0, 3])))
    with pytest.raises(ValueError, match=r"^Predictions of binary data should be 0 and 1, or probabilities, got "):
        Accuracy(check_values=True).update((torch.tensor([3.5, 0.0]), torch.tensor([0, 1])))


NAN = float("nan")


@pytest.mark.parametrize(
    ("y_pred", "y", "message"),
    [
        ([NAN, 0.0], [0.0, 1.0], r"^Predictions of binary data .* got values from nan to nan\."),
        ([1.0, 0.0], [NAN, 1.0], r"^Targets should lie in \[0, 1\], got values from nan to nan\.$"),
        ([1.0, 0.0], [0.5, 1.0], r"^Targets should be classes, got numbers between\. Round them in an `output_transf"),
    ],
)
def test_values_that_are_no_classes(y_pred, y, message):
    """`check_values` refuses what is not a number, and targets between two classes."""
    with pytest.raises(ValueError, match=message):
        Accuracy(check_values=True).update((torch.tensor(y_pred), torch.tensor(y)))


@pytest.mark.parametrize("ignore_index", [-100, 255, 1])
def test_ignored_pixels(contract, draw, ignore_index):
    """Pixels of the ignored target do not count, whether it is a class or not; the last batch has no other."""
    batches = [(torch.randn(2, 3, 4, generator=draw), torch.randint(3, (2, 4), generator=draw)) for _ in range(4)]
    for _, y in batches:
        y[0, :2] = ignore_index
    batches[-1][1][:] = ignore_index
    p = torch.cat([scores.argmax(1).flatten() for scores, _ in batches])
    y = torch.cat([y.flatten() for _, y in batches])
    kept = y != ignore_index
    contract(partial(Accuracy, ignore_index=ignore_index), batches, accuracy_score(y[kept], p[kept]))


def test_ignored_binary(contract, draw):
    """An unknown answer to yes or no does not count."""
    batches = [(torch.rand(n, generator=draw), torch.randint(-1, 2, (n,), generator=draw)) for n in (9, 9, 4)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(partial(Accuracy, ignore_index=-1), batches, accuracy_score(y[y >= 0], p[y >= 0] > 0.5))


def test_ignored_labels(contract, draw):
    """A multilabel sample counts when its known labels are right; one without any is no sample."""
    batches = [
        (torch.randint(2, (n, 2), generator=draw), torch.randint(-1, 2, (n, 2), generator=draw)) for n in (9, 9, 4)
    ]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    right = [
        all(q == t for q, t in zip(*row, strict=True) if t >= 0) for row in zip(p, y, strict=True) if row[1].max() >= 0
    ]
    contract(partial(Accuracy, is_multilabel=True, ignore_index=-1), batches, sum(right) / len(right))


def test_nothing_but_ignored():
    """Without a sample that counts there is no value, and no value to check."""
    metric = Accuracy(ignore_index=-1, check_values=True)
    metric.update((torch.zeros(2, 3), torch.tensor([-1, -1])))
    with pytest.raises(NotComputableError, match=r"^Accuracy has seen no sample\. Call `update` before `compute`\.$"):
        metric.compute()
