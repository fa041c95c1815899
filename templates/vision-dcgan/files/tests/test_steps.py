"""The steps do what they say, for any two networks."""

from typing import Any

import pytest
import torch
from project_name.evaluation import make_evaluator
from project_name.optim import OptimizerConfig, make_optimizer, make_scheduler
from project_name.runtime.engine import Engine
from project_name.steps import Player, TrainStep
from torch import Tensor, nn


def make_networks() -> tuple[nn.Module, nn.Module]:
    """A generator of (1, 4, 4) images from four numbers, and a discriminator; always the same."""
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Unflatten(1, (1, 4, 4)))
    discriminator = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))
    return generator, discriminator


def make_batch(size: int) -> tuple[Tensor, Tensor]:
    """Noise (N, 4) and images (N, 1, 4, 4), which are too small to be moved; always the same."""
    torch.manual_seed(1)
    return torch.randn(size, 4), torch.rand(size, 1, 4, 4)


def train(
    networks: tuple[nn.Module, nn.Module], batches: list[Any], config: OptimizerConfig, precision: str = "fp32"
) -> tuple[Engine[Any, Any], TrainStep]:
    """An epoch over the batches; the engine that ran it, and its step."""
    players: list[Player] = []
    for network in networks:
        optimizer = make_optimizer(network, config, 1e-2)
        scheduler = make_scheduler(optimizer, config, epochs=1, batches_per_epoch=len(batches))
        players.append(Player(network, optimizer, scheduler, config, precision))
    step = TrainStep(players[0], players[1], precision)
    trainer = Engine[Any, Any](step)
    trainer.run(batches)
    return trainer, step


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_step_moves_every_weight_of_both(precision: str) -> None:
    """The losses come back without their graph, and the weights have changed."""
    networks, before = make_networks(), make_networks()
    trainer, step = train(networks, [make_batch(6)], OptimizerConfig(), precision)
    assert not trainer.state.output.requires_grad
    assert float(trainer.state.output) == pytest.approx(sum(float(loss) for loss in step.losses.values()), rel=1e-3)
    for network, old in zip(networks, before, strict=True):
        for one, other in zip(network.parameters(), old.parameters(), strict=True):
            assert one.requires_grad
            assert one.dtype == torch.float32
            assert not torch.equal(one, other)


def test_a_step_that_is_skipped_leaves_weights_and_rate() -> None:
    """Where gradients of the discriminator overflow in fp16 it learns nothing, and its schedule waits."""
    networks, before = make_networks(), make_networks()
    noise, images = make_batch(6)
    _, step = train(networks, [(noise, images * 1e30)], OptimizerConfig(), "fp16")
    assert step.discriminator.scheduler.last_epoch == 0
    pairs = zip(before[1].parameters(), networks[1].parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_each_learns_from_its_own_loss() -> None:
    """The discriminator's gradient is that of telling apart, without the generator's loss."""
    generator, discriminator = make_networks()
    noise, images = make_batch(6)
    logits = discriminator(torch.cat([images, generator(noise)]))
    nn.functional.binary_cross_entropy_with_logits(logits, torch.arange(12).lt(6).float()).mul(2).backward()
    expected = [parameter.grad for parameter in discriminator.parameters()]
    networks = make_networks()
    train(networks, [(noise, images)], OptimizerConfig())
    for parameter, gradient in zip(networks[1].parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_a_window_of_batches_is_one_larger_batch() -> None:
    """Two batches that share a step move the weights of both networks as their samples in one batch do."""
    (noise, images), whole, halves = make_batch(6), make_networks(), make_networks()
    train(whole, [(noise, images)], OptimizerConfig())
    parts = [(noise[:3], images[:3]), (noise[3:], images[3:])]
    train(halves, parts, OptimizerConfig(gradient_accumulation_steps=2))
    for one, other in zip(whole, halves, strict=True):
        for first, second in zip(one.parameters(), other.parameters(), strict=True):
            assert (first - second).abs().mean() < 1e-5


def test_gradients_are_clipped() -> None:
    """Those of each network; they stay to be looked at."""
    networks = make_networks()
    train(networks, [make_batch(6)], OptimizerConfig(clip_grad_norm=1e-4))
    for network in networks:
        norms = [parameter.grad.norm() for parameter in network.parameters() if parameter.grad is not None]
        assert torch.stack(norms).norm() == pytest.approx(1e-4, rel=1e-2)


def test_evaluation_has_images_in_fp32() -> None:
    """Of the generator in evaluation mode, beside the real ones."""
    generator, _ = make_networks()
    evaluator = make_evaluator(generator, {}, "bf16")
    noise, images = make_batch(6)
    evaluator.run([(noise, images)])
    generated, real = evaluator.state.output
    assert generated.dtype == torch.float32
    assert generated.shape == real.shape
    assert not generator.training
