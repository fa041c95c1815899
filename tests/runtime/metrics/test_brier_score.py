"""BrierScore."""

from functools import partial

import pytest
import torch
from sklearn.metrics import brier_score_loss

from scaffold_runtime.metrics import BrierScore


def _normalised(probabilities):
    """Scikit-learn wants a sum of 1 up to less than the rounding of single precision."""
    return probabilities.double() / probabilities.double().sum(1, keepdim=True)


@pytest.mark.parametrize("ignore_index", [None, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_multiclass(contract, draw, dtype, ignore_index):
    """It is scikit-learn's, of the samples that are not ignored; class 4 is absent."""
    batches = [
        ((2 * torch.randn(n, 5, generator=draw)).softmax(1).to(dtype), torch.randint(4, (n,), generator=draw))
        for n in (8, 8, 3)
    ]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    one_hot = torch.nn.functional.one_hot(y, 5)
    kept = y != ignore_index if ignore_index is not None else y >= 0
    errors = (p.double() - one_hot).square().sum(1)[kept]
    if dtype == torch.float32:
        reference = brier_score_loss(y[kept], _normalised(p[kept]), labels=range(5))
        assert errors.mean().item() == pytest.approx(reference, rel=1e-6)
    contract(partial(BrierScore, ignore_index=ignore_index), batches, errors.mean())


def test_binary(contract, draw):
    """Of binary data it is scikit-learn's squared error of class 1."""
    batches = [(torch.rand(n, 1, generator=draw), torch.randint(2, (n,), generator=draw)) for n in (9, 9, 4)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(BrierScore, batches, brier_score_loss(y, p[:, 0]))


def test_images(contract, draw):
    """Every pixel of `(N, C, H)` counts as a sample."""
    batches = [
        (torch.randn(2, 3, 4, generator=draw).softmax(1), torch.randint(3, (2, 4), generator=draw)) for _ in range(3)
    ]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = brier_score_loss(y.flatten(), _normalised(p.movedim(1, -1).reshape(-1, 3)))
    contract(BrierScore, batches, expected)


def test_perfect_predictions():
    """Where all is right nothing is left by rounding."""
    score = BrierScore()
    score.update((torch.eye(4), torch.arange(4)))
    assert score.compute() == 0


def test_logits():
    """On request, a prediction that is no probability is refused."""
    with pytest.raises(ValueError, match=r"^Predictions of binary data should be 0 and 1, or probabilities, got "):
        BrierScore(check_values=True).update((torch.tensor([3.5, 0.0]), torch.tensor([0, 1])))
    score = BrierScore(check_values=True)
    score.update((torch.tensor([[0.25, 0.75]]), torch.tensor([1])))
    with pytest.raises(
        ValueError, match=r"^BrierScore takes probabilities, got values from -1\.5 to 2\.0\. Pass logits "
    ):
        score.update((torch.tensor([[2.0, -1.5]]), torch.tensor([1])))
    assert score.compute() == 0.125
