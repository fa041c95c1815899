"""What a `Team` does when its processes have different numbers of batches to evaluate."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from auto_jobs import Block, spread
from torch import nn
from torch.utils.data import TensorDataset

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine, Events, create_supervised_evaluator, create_supervised_trainer
from scaffold_runtime.metrics import Accuracy


def samples(number: int) -> TensorDataset:
    """The same on all processes."""
    generator = torch.Generator().manual_seed(number)
    targets = torch.randint(3, (number,), generator=generator)
    return TensorDataset(torch.randn(number, 4, generator=generator) + targets[:, None], targets)


def evaluations(
    way: str, numbers: list[int], by_hand: bool = False, options: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """After each epoch: the accuracy, that of the network on all samples at once, and how a block was held."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), Block(), nn.Linear(4, 3))
    plain = copy.deepcopy(network)
    model = spread(network, way, wrap=True, **(options or {}))
    optimizer = idist.auto_optim(torch.optim.SGD(model.parameters(), lr=0.1))
    trainer = create_supervised_trainer(model, optimizer, nn.functional.cross_entropy)
    evaluator = Engine(lambda _, batch: (model(batch[0]), batch[1])) if by_hand else create_supervised_evaluator(model)
    Accuracy().attach(evaluator, "accuracy")
    seen: set[str] = set()
    block = next(module for module in model.modules() if isinstance(module, Block))
    evaluator.add_event_handler(
        Events.ITERATION_COMPLETED, lambda: seen.add(type(block.get_parameter("linear.weight")).__name__)
    )
    answers = []
    for number in numbers:
        trainer.run(idist.auto_dataloader(samples(32), batch_size=8), max_epochs=1)
        seen.clear()
        loader = idist.auto_dataloader(samples(number), batch_size=4, evaluate=True)
        if by_hand:
            model.eval()
            with torch.no_grad(), idist.uneven_inputs(model, len(loader)):
                evaluator.run(loader)
        else:
            evaluator.run(loader)
        answers.append(
            {
                "together": evaluator.state.metrics["accuracy"],
                "at once": accuracy_at_once(plain, model, samples(number)),
                "seen": sorted(seen),
                "after": type(block.get_parameter("linear.weight")).__name__,
            }
        )
    return answers


def accuracy_at_once(plain: nn.Module, model: nn.Module, data: TensorDataset) -> float:
    """Of the same network with whole parameters, in one batch."""
    state = {
        name.removeprefix("module."): value.full_tensor() if hasattr(value, "full_tensor") else value
        for name, value in model.state_dict().items()
    }
    plain.load_state_dict(state)
    x, y = data.tensors
    with torch.no_grad():
        return (plain.eval()(x).argmax(dim=1) == y).double().mean().item()


def broadcasts_of_an_evaluation(number: int) -> tuple[int, int]:
    """The buffers of a network under DDP, and the broadcasts that torch's profiler sees while it is evaluated."""
    network = nn.Sequential(*(layer for _ in range(9) for layer in (nn.Linear(4, 4), nn.BatchNorm1d(4))))
    model = idist.auto_model(network)
    evaluator = create_supervised_evaluator(model)
    loader = idist.auto_dataloader(samples(number), batch_size=4, evaluate=True)
    with torch.profiler.profile() as profiler, idist.uneven_inputs(model, len(loader)):
        evaluator.run(loader)
    seen = sum(event.count for event in profiler.key_averages() if event.key == "gloo:broadcast")
    return len(list(model.buffers())), seen
