"""The steps do what they say, for any network."""

from typing import Any

import pytest
import torch
from project_name.evaluation import make_evaluator
from project_name.optim import OptimizerConfig, make_optimizer, make_scheduler
from project_name.runtime.engine import Engine
from project_name.runtime.metrics import Loss
from project_name.steps import TrainStep
from torch import Tensor, nn


def make_network() -> nn.Module:
    """A network whose output for a sample does not depend on the others of its batch; always the same."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3))


def make_batch(size: int) -> tuple[Tensor, Tensor]:
    """Images (N, 3, 2, 2) and labels (N,) of three classes; always the same."""
    torch.manual_seed(1)
    return torch.randn(size, 3, 2, 2), torch.arange(size) % 3


def train(network: nn.Module, batches: list[Any], config: OptimizerConfig, precision: str = "fp32") -> Engine[Any, Any]:
    """An epoch over the batches; the engine that ran it."""
    optimizer = make_optimizer(network, config)
    scheduler = make_scheduler(optimizer, config, epochs=1, batches_per_epoch=len(batches))
    trainer = Engine[Any, Any](TrainStep(network, nn.CrossEntropyLoss(), optimizer, scheduler, config, precision))
    trainer.run(batches)
    return trainer


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_step_moves_every_weight(precision: str) -> None:
    """The loss comes back without its graph, and the weights have changed."""
    network, before = make_network(), make_network()
    trainer = train(network, [make_batch(6)], OptimizerConfig(), precision)
    assert not trainer.state.output.requires_grad
    for old, new in zip(before.parameters(), network.parameters(), strict=True):
        assert not torch.equal(old, new)
        assert new.dtype == torch.float32


def test_a_step_that_is_skipped_leaves_weights_and_rate() -> None:
    """Where gradients overflow in fp16 nothing is learned, and the schedule waits for the next step."""
    network, before, config = make_network(), make_network(), OptimizerConfig()
    optimizer = make_optimizer(network, config)
    scheduler = make_scheduler(optimizer, config, epochs=1, batches_per_epoch=9)
    images, labels = make_batch(6)
    step = TrainStep(network, nn.CrossEntropyLoss(), optimizer, scheduler, config, "fp16")
    Engine[Any, Any](step).run([(images * 1e30, labels)])
    assert scheduler.last_epoch == 0
    assert all(torch.equal(*pair) for pair in zip(before.parameters(), network.parameters(), strict=True))


def test_a_window_of_batches_is_one_larger_batch() -> None:
    """Two batches that share an optimizer step move the weights as their samples in one batch do."""
    (images, labels), whole, halves = make_batch(6), make_network(), make_network()
    train(whole, [(images, labels)], OptimizerConfig())
    parts = [(images[:3], labels[:3]), (images[3:], labels[3:])]
    train(halves, parts, OptimizerConfig(gradient_accumulation_steps=2))
    for one, other in zip(whole.parameters(), halves.parameters(), strict=True):
        # Adam's first step is the gradient's sign times the rate; a gradient near zero may have either sign.
        assert (one - other).abs().mean() < 1e-5


def test_gradients_are_clipped() -> None:
    """After a step the gradients, which stay to be looked at, are no longer than the bound."""
    network = make_network()
    train(network, [make_batch(6)], OptimizerConfig(clip_grad_norm=1e-3))
    norms = [parameter.grad.norm() for parameter in network.parameters() if parameter.grad is not None]
    assert torch.stack(norms).norm() == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_evaluation_computes_as_training_does(precision: str, dtype: torch.dtype) -> None:
    """The forward pass has the training's precision; metrics get scores in fp32."""
    network, seen = make_network(), list[torch.dtype]()
    network.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    train(network, [make_batch(6)], OptimizerConfig(), precision)
    evaluator = make_evaluator(network, {"loss": Loss(nn.CrossEntropyLoss())}, precision)
    evaluator.run([make_batch(6)])
    assert seen == [dtype, dtype]
    assert evaluator.state.output[0].dtype == torch.float32
    assert not network.training
