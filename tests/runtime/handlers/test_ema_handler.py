"""Averages of weights that follow the weights and share nothing with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.engine.supervised import create_supervised_trainer
from scaffold_runtime.handlers.ema_handler import EMAHandler, HandleBuffers


def model() -> nn.Sequential:
    """A network with floats, buffers and a count."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def trainer_of(network: nn.Module) -> Engine[Any, Any]:
    """Each step moves every weight and lets the network see a batch."""

    def step(engine: Engine[Any, Any], batch: int) -> None:
        network(torch.randn(4, 2, generator=torch.Generator().manual_seed(batch)))
        with torch.no_grad():
            for weight in network.parameters():
                weight += batch

    return Engine(step)


def test_it_is_the_average_that_torch_computes() -> None:
    """After five steps the weights are those of torch's own averaging."""
    network = model()
    reference = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    reference.update_parameters(network)  # torch's first update copies
    ema = EMAHandler(network, momentum=0.1)
    trainer = trainer_of(network)
    ema.attach(trainer)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: reference.update_parameters(network))
    trainer.run([1, 2, 3, 4, 5])
    for ours, theirs in zip(ema.ema_model.parameters(), reference.module.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    ("how", "mean", "count"), [("copy", "the model's", 2), ("update", "averaged", 2), ("ema_train", "untouched", 0)]
)
def test_buffers_are_handled_as_asked(how: HandleBuffers, mean: str, count: int) -> None:
    """Buffers are taken over, averaged, or left alone; and never are they the model's own memory."""
    network = model()
    norm = cast(nn.BatchNorm1d, network[1])
    ema = EMAHandler(network, momentum=0.5, handle_buffers=how)
    trainer = trainer_of(network)
    ema.attach(trainer)
    seen: list[torch.Tensor] = [torch.zeros(3)]
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: seen.append(cast(Any, norm.running_mean).clone()))
    trainer.run([1, 2])
    average = cast(nn.BatchNorm1d, cast(nn.Sequential, ema.ema_model)[1])
    expected = {"the model's": seen[2], "averaged": seen[1] / 4 + seen[2] / 2, "untouched": seen[0]}[mean]
    torch.testing.assert_close(cast(Any, average.running_mean), expected)
    assert cast(Any, average.num_batches_tracked).item() == count
    assert average.training == (how == "ema_train")
    pointers = {tensor.data_ptr() for tensor in network.state_dict().values()}
    assert not pointers & {tensor.data_ptr() for tensor in ema.ema_model.state_dict().values()}


XS, YS = torch.arange(20.0).view(10, 2) / 20, torch.zeros(10, 1)
SAMPLES = [(XS[i : i + 1], YS[i : i + 1]) for i in range(10)]


def learner() -> tuple[nn.Module, torch.optim.Optimizer]:
    """A network and its optimizer."""
    network = nn.Linear(2, 1, bias=False)
    nn.init.ones_(network.weight)
    return network, torch.optim.SGD(network.parameters(), lr=0.1)


def by_hand(windows: list[slice]) -> Tensor:
    """The average of a plain loop: once after each step of the optimizer, each with the samples of a window."""
    network, optimizer = learner()
    average = next(network.parameters()).detach().clone()
    for window in windows:
        optimizer.zero_grad()
        nn.functional.mse_loss(network(XS[window]), YS[window]).backward()
        optimizer.step()
        average.lerp_(next(network.parameters()).detach(), 0.1)
    return average


class Stream:
    """Samples that do not tell how many they are."""

    def __iter__(self) -> Any:
        return iter(SAMPLES)


def supervised(network: nn.Module, optimizer: torch.optim.Optimizer) -> Engine[Any, Any]:
    """A trainer with windows of four samples."""
    return create_supervised_trainer(network, optimizer, nn.functional.mse_loss, gradient_accumulation_steps=4)


def plain(network: nn.Module, optimizer: torch.optim.Optimizer) -> Engine[Any, Any]:
    """The same in an engine of one's own, which knows nothing of windows."""

    def step(engine: Engine[Any, Any], batch: Any) -> None:
        place = engine.state.iteration % 10 or 10
        (nn.functional.mse_loss(network(batch[0]), batch[1]) / (2 if place > 8 else 4)).backward()
        if place in (4, 8, 10):
            optimizer.step()
            optimizer.zero_grad()

    return Engine(step)


@pytest.mark.parametrize("make", [supervised, plain])
@pytest.mark.parametrize("data", [SAMPLES, Stream()])
@pytest.mark.parametrize("resumed_at", [None, 8])
def test_it_moves_once_per_step_of_the_optimizer(
    make: Callable[..., Engine[Any, Any]], data: Iterable[Any], resumed_at: int | None
) -> None:
    """Ten samples in windows of 4, 4 and 2 are three steps, however the windows are made, also in two runs."""
    network, optimizer = learner()
    trainer, ema = make(network, optimizer), EMAHandler(network, momentum=0.1)
    ema.attach(trainer)
    if resumed_at is not None:
        trainer.add_event_handler(Events.ITERATION_COMPLETED(once=resumed_at), trainer.terminate)
    trainer.run(data, max_epochs=2)
    if resumed_at is not None:
        old = ema
        goes_on, ema = make(network, optimizer), EMAHandler(network, momentum=0.1)
        goes_on.load_state_dict(trainer.state_dict())
        ema.load_state_dict(old.state_dict())
        ema.attach(goes_on, warn_if_exists=False)
        goes_on.run(data)
    assert ema.num_updates == 6
    torch.testing.assert_close(next(ema.ema_model.parameters()), by_hand([slice(0, 4), slice(4, 8), slice(8, 10)] * 2))


def test_a_step_that_the_scaler_skips_moves_nothing() -> None:
    """Scaled by 2^20, gradients overflow in fp16 until the scale has been halved some times: the average waits."""
    network, optimizer = learner()
    scaler = GradScaler("cpu", init_scale=2.0**20, growth_interval=1000)
    trainer = create_supervised_trainer(
        network, optimizer, nn.functional.mse_loss, amp_mode="amp", amp_dtype=torch.float16, scaler=scaler
    )
    ema = EMAHandler(network, momentum=0.1)
    ema.attach(trainer)
    trainer.run([(XS, YS)] * 12)
    skipped = 20 - int(torch.tensor(scaler.get_scale()).log2().item())
    assert 0 < skipped < 12
    assert ema.num_updates == 12 - skipped


def test_the_momentum_warms_up() -> None:
    """It moves in a line from the first value to the last, and the state shows it."""
    network = model()
    ema = EMAHandler(network, momentum=0.5, momentum_warmup=0.1, warmup_iters=5)
    trainer = trainer_of(network)
    ema.attach(trainer, name="momentum")
    shown: list[float] = []
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: shown.append(trainer.state.momentum))
    trainer.run([1] * 7)
    assert shown == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5])


def test_processes_measure_the_network_that_is_saved(run_program: Callable[..., list[str]]) -> None:
    """Running means differ by process; measured is the average of rank 0, on the samples of both."""
    told = [output.split()[-2:] for output in run_program("average_on_two_ranks.py", processes=2)]
    assert told[0] == told[1]
    assert told[0][0] == told[0][1]


def test_a_saved_average_goes_on() -> None:
    """A handler that loads another's state has its average and its place in the warm-up."""
    network = model()
    first = EMAHandler(network, momentum=0.5, momentum_warmup=0.1, warmup_iters=5)
    trainer = trainer_of(network)
    first.attach(trainer)
    trainer.run([1, 2])
    second = EMAHandler(model(), momentum=0.5, momentum_warmup=0.1, warmup_iters=5)
    second.load_state_dict(first.state_dict())
    assert second.num_updates == 2
    torch.testing.assert_close(second.ema_model.state_dict(), first.ema_model.state_dict(), rtol=0, atol=0)


def test_it_averages_what_wrappers_hold() -> None:
    """The average of a compiled and wrapped model is a plain model."""
    network = model()
    wrapped = nn.DataParallel(cast(nn.Module, torch.compile(network, backend="eager")))
    assert EMAHandler(wrapped).model is network


def test_a_momentum_that_is_there_is_used() -> None:
    """A value in the engine's state wins, and a warning says so."""
    network = model()
    trainer = trainer_of(network)
    trainer.state.ema_momentum = 1.0
    ema = EMAHandler(network)
    with pytest.warns(UserWarning, match="The engine's state has `ema_momentum` already, and it is used as it is"):
        ema.attach(trainer)
    trainer.run([1])
    torch.testing.assert_close(list(ema.ema_model.parameters()), list(network.parameters()))


@pytest.mark.parametrize("momentum", [0.0, 1.0, -1.0])
def test_a_momentum_out_of_range_is_refused(momentum: float) -> None:
    """The momentum lies between 0 and 1."""
    with pytest.raises(ValueError, match="`momentum` should be between 0 and 1, got"):
        EMAHandler(model(), momentum)


def test_what_is_no_model_is_refused() -> None:
    """It is told before anything is copied."""
    with pytest.raises(ValueError, match=r"`model` should be a module of torch, got a str\."):
        EMAHandler(cast(Any, "model"))


def test_an_unknown_way_with_buffers_is_refused() -> None:
    """The three ways are named."""
    wrong = cast(HandleBuffers, "average")
    with pytest.raises(ValueError, match="should be 'copy', 'update' or 'ema_train', got 'average'"):
        EMAHandler(model(), handle_buffers=wrong)
