"""JSDivergence."""

import math

import pytest
import torch
from scipy.spatial.distance import jensenshannon

from scaffold_runtime.metrics import JSDivergence


@pytest.mark.parametrize(("shape", "dtype"), [((4,), torch.float32), ((3, 2, 2), torch.float64), ((2,), torch.float16)])
def test_logits(contract, draw, shape, dtype):
    """It is the mean of the squares of SciPy's Jensen-Shannon distance."""
    batches = [tuple(torch.randn(2, n, *shape, generator=draw).to(dtype)) for n in (8, 8, 3)]
    predicted, true = (torch.cat(parts).double().softmax(1) for parts in zip(*batches, strict=True))
    contract(JSDivergence, batches, (jensenshannon(true, predicted, axis=1) ** 2).mean())


@pytest.mark.parametrize(
    ("predicted", "true", "expected"),
    [([0.0, float("-inf")], [float("-inf"), 0.0], math.log(2)), ([0.0, -103.2], [0.0, -1e9], 0.0)],
)
def test_hardly_possible_classes(predicted, true, expected):
    """What cannot be adds nothing, and what is as good as impossible next to nothing."""
    metric = JSDivergence()
    metric.update((torch.tensor([predicted]), torch.tensor([true])))
    assert metric.compute() == pytest.approx(expected, abs=1e-12, rel=1e-6)
