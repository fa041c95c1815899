"""Two processes train a network with batch norm, each on other samples, and measure its moving average.

Prints the metric, and what a plain loop of this process finds for its own average on the samples of both.
"""

import torch
from torch import nn

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import create_supervised_evaluator, create_supervised_trainer
from scaffold_runtime.handlers import EMAHandler
from scaffold_runtime.metrics import Loss


def main() -> None:
    """Trains ten steps, then evaluates."""
    idist.initialize("gloo")
    torch.manual_seed(0)
    model = idist.auto_model(nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)))
    trainer = create_supervised_trainer(model, torch.optim.SGD(model.parameters(), lr=0.05), nn.functional.mse_loss)
    average = EMAHandler(model, momentum=0.5)
    average.attach(trainer)
    own = torch.Generator().manual_seed(idist.get_rank())
    trainer.run([(torch.randn(8, 2, generator=own) + 3 * idist.get_rank(), torch.zeros(8, 1)) for _ in range(10)])

    batches = [(torch.linspace(-2, 2, 16).view(8, 2) + rank, torch.zeros(8, 1)) for rank in (0, 1)]
    evaluator = create_supervised_evaluator(average.ema_model, {"loss": Loss(nn.functional.mse_loss)})
    metric = evaluator.run([batches[idist.get_rank()]]).metrics["loss"]
    with torch.no_grad():
        by_hand = sum(nn.functional.mse_loss(average.ema_model(x), y).item() for x, y in batches) / 2
    print(f"{metric:.6f} {by_hand:.6f}")
    idist.finalize()


if __name__ == "__main__":
    main()
