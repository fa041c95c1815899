"""KLDivergence."""

import pytest
import torch
from scipy.stats import entropy

from scaffold_runtime.metrics import KLDivergence


@pytest.mark.parametrize(("shape", "dtype"), [((4,), torch.float32), ((3, 2, 2), torch.float64), ((2,), torch.float16)])
def test_logits(contract, draw, shape, dtype):
    """It is the mean of SciPy's relative entropy, of the true distributions to the predicted ones."""
    batches = [tuple(torch.randn(2, n, *shape, generator=draw).to(dtype)) for n in (8, 8, 3)]
    predicted, true = (torch.cat(parts).double().softmax(1) for parts in zip(*batches, strict=True))
    contract(KLDivergence, batches, entropy(true, predicted, axis=1).mean())


@pytest.mark.parametrize(
    ("predicted", "true", "expected"),
    [
        ([0.0, float("-inf")], [0.0, float("-inf")], 0.0),
        ([0.0, 0.0], [0.0, float("-inf")], entropy([1.0, 0.0], [0.5, 0.5])),
        ([0.0, float("-inf")], [0.0, 0.0], float("inf")),
    ],
)
def test_impossible_classes(predicted, true, expected):
    """What cannot be adds nothing; what can be and is predicted not to be is infinitely surprising."""
    metric = KLDivergence()
    metric.update((torch.tensor([predicted]), torch.tensor([true])))
    assert metric.compute() == pytest.approx(expected)


def test_wrong_shapes():
    """Both are logits of one shape."""
    with pytest.raises(
        ValueError, match=r"^`y_pred` and `y` should have one shape, got \(4, 3\) and \(4,\)\. Both are"
    ):
        KLDivergence().update((torch.zeros(4, 3), torch.zeros(4)))
