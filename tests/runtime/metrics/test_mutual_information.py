"""MutualInformation."""

import pytest
import torch
from scipy.stats import entropy

from scaffold_runtime.metrics import MutualInformation


@pytest.mark.parametrize(("shape", "dtype"), [((4,), torch.float32), ((3, 2, 2), torch.float64), ((2,), torch.float16)])
def test_logits(contract, draw, shape, dtype):
    """It is SciPy's entropy of the mean distribution, less the mean of SciPy's entropies."""
    batches = [(3 * torch.randn(n, *shape, generator=draw).to(dtype), torch.zeros(n)) for n in (8, 8, 3)]
    logits = torch.cat([y_pred for y_pred, _ in batches]).double()
    rows = logits.softmax(1).movedim(1, -1).reshape(-1, shape[0])
    contract(MutualInformation, batches, entropy(rows.mean(0)) - entropy(rows, axis=1).mean())


@pytest.mark.parametrize(
    ("logits", "expected"), [([[5.0, 5.0, 5.0]] * 3, 0.0), ([[0.0, 1e3, -1e9], [1e3, 0.0, -1e9]], entropy([0.5, 0.5]))]
)
def test_ends(logits, expected):
    """Inputs that are all alike tell nothing; a class that is never predicted is left out."""
    metric = MutualInformation()
    metric.update((torch.tensor(logits), None))
    assert metric.compute() == pytest.approx(expected)


@pytest.mark.parametrize("num_classes", [1, 3])
def test_another_number_of_classes(num_classes):
    """It is refused, one class too."""
    metric = MutualInformation()
    metric.update((torch.zeros(2, 4), None))
    message = rf"^`y_pred` should have as many classes as before, 4, got {num_classes}\. Call `reset` between\.$"
    with pytest.raises(ValueError, match=message):
        metric.update((torch.zeros(2, num_classes), None))
