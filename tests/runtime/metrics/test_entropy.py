"""Entropy."""

import pytest
import torch
from scipy.stats import entropy

from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics import Entropy


@pytest.mark.parametrize(("shape", "dtype"), [((4,), torch.float32), ((3, 2, 2), torch.float64), ((2,), torch.float16)])
def test_logits(contract, draw, shape, dtype):
    """It is the mean of SciPy's, over samples and places; targets are not used."""
    batches = [(torch.randn(n, *shape, generator=draw).to(dtype), torch.zeros(n)) for n in (8, 8, 3)]
    logits = torch.cat([y_pred for y_pred, _ in batches]).double()
    contract(Entropy, batches, entropy(logits.softmax(1), axis=1).mean())


def test_impossible_classes():
    """A class that cannot be adds nothing."""
    metric = Entropy()
    metric.update((torch.tensor([[0.0, float("-inf"), 0.0]]), None))
    assert metric.compute() == pytest.approx(entropy([0.5, 0.5]))


def test_a_mapping_without_targets():
    """Of a mapping, predictions are enough."""
    engine = Engine(lambda engine, batch: {"y_pred": batch})
    Entropy().attach(engine, "entropy")
    engine.run([torch.zeros(2, 4), torch.zeros(1, 4)])
    assert engine.state.metrics["entropy"] == pytest.approx(entropy([0.25] * 4))
