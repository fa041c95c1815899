"""Two processes train a model of one weight with gradient accumulation; each prints the weight that it came to."""

import torch
from torch import nn

import scaffold_runtime.distributed as idist
from scaffold_runtime.engine import Engine, Events, create_supervised_trainer


def train(rank: int) -> None:
    """Epochs of known length, of unknown length, and one that is cut within a window."""
    batches = [(torch.full((2, 1), float(k * (1 + rank))), torch.zeros(2, 1)) for k in range(1, 6)]
    for name, data in (("known", batches), ("unknown", iter(batches)), ("cut", batches)):
        model = nn.Linear(1, 1, bias=False)
        nn.init.ones_(model.weight)
        parallel = nn.parallel.DistributedDataParallel(model)
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        trainer: Engine = create_supervised_trainer(
            parallel, optimizer, lambda y_pred, y: (y_pred - y).mean(), gradient_accumulation_steps=4
        )
        if name == "cut":
            trainer.add_event_handler(Events.ITERATION_COMPLETED(once=2), trainer.terminate_epoch)
        trainer.run(data, max_epochs=1)
        print(f"rank {rank}, {name}: {model.weight.item():.4f}\n", end="", flush=True)


if __name__ == "__main__":
    idist.spawn("gloo", train, args=(), nproc_per_node=2)
