"""Metrics within `torch.compile`."""

import pytest
import torch
import torch._dynamo.testing
from tests.runtime.metrics.count_on_xla import numbers
from tests.runtime.metrics.fed_with_tensors import FED

from scaffold_runtime.metrics import Accuracy, MetricGroup, Recall

pytestmark = pytest.mark.slow

NUM_BATCHES = 4


def _train(metric, batches):
    """The graphs that were compiled until each batch."""
    torch._dynamo.reset()
    counter = torch._dynamo.testing.CompileCounter()
    update = torch.compile(metric.update, backend=counter, fullgraph=True)
    graphs = []
    for batch in batches:
        update(batch)
        graphs.append(counter.frame_count)
    return graphs


@pytest.mark.parametrize("name", FED)
def test_update(draw, name):
    """An update is one graph, and finds what it finds without; the third batch is the last that compiles one.

    A metric that keeps all samples has a list that grows, and the compiler compiles for each length.
    """
    make, make_batch = FED[name]
    compiled, plain = make(), make()
    batches = [make_batch(draw) for _ in range(NUM_BATCHES)]
    graphs = _train(compiled, batches)
    for batch in batches:
        plain.update(batch)
    assert numbers(compiled.compute()) == pytest.approx(numbers(plain.compute()), nan_ok=True)
    if not any(isinstance(value, list) for value in plain.state_values().values()):
        assert graphs[-1] == graphs[2]


def test_group(draw):
    """Metrics that share what they compute of a batch compile as one."""
    group = MetricGroup({"accuracy": Accuracy(), "recall": Recall(average="macro")})
    batches = [FED["Accuracy"][1](draw) for _ in range(NUM_BATCHES)]
    graphs = _train(group, batches)
    right = sum((scores.argmax(1) == y).sum().item() for scores, y in batches)
    assert group.compute()["accuracy"] == right / (len(batches[0][1]) * NUM_BATCHES)
    assert graphs[-1] == graphs[2]
