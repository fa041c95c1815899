"""What `update` of metrics costs: ours, PyTorch-Ignite's and torchmetrics', as ratios to torch written by hand.

One thread, batches of (32, 10); every contender runs in the same process, in turns, and its best turn counts.
`--json` prints the figures for programs.
"""

from __future__ import annotations

import argparse
import json
import timeit
import warnings
from collections.abc import Callable

import ignite.metrics
import torch
import torchmetrics
from torch.nn.functional import cross_entropy

from scaffold_runtime.metrics import Accuracy, Loss, MetricGroup, Precision, Recall

NUM_CLASSES = 10
TURNS, UPDATES = 15, 500


class ByHand:
    """Accuracy and loss as one writes them without a library."""

    def __init__(self) -> None:
        self.correct = torch.tensor(0)
        self.loss = torch.tensor(0.0)
        self.seen = 0

    def update(self, y_pred: torch.Tensor, y: torch.Tensor) -> None:
        """Counts a batch."""
        self.correct += (y_pred.argmax(dim=1) == y).sum()
        self.loss += cross_entropy(y_pred, y) * len(y)
        self.seen += len(y)


class MeanLoss(torchmetrics.MeanMetric):
    """The loss, as torchmetrics would have it."""

    def update(self, y_pred: torch.Tensor, y: torch.Tensor) -> None:
        """Adds a batch."""
        super().update(cross_entropy(y_pred, y), len(y))


def contenders(y_pred: torch.Tensor, y: torch.Tensor) -> dict[str, dict[str, Callable[[], object]]]:
    """One update of each contender, by set of metrics."""
    pair, by_hand = (y_pred, y), ByHand()
    ours = {"accuracy": Accuracy(), "loss": Loss(cross_entropy)}
    more = {"precision": Precision(), "recall": Recall()}
    theirs = [ignite.metrics.Accuracy(), ignite.metrics.Loss(cross_entropy)]
    more_theirs = [ignite.metrics.Precision(), ignite.metrics.Recall()]
    tm = torchmetrics.MetricCollection({"accuracy": _tm("Accuracy", average="micro"), "loss": MeanLoss()})
    more_tm = torchmetrics.MetricCollection(
        {
            "accuracy": _tm("Accuracy", average="micro"),
            "loss": MeanLoss(),
            "precision": _tm("Precision", average="none"),
            "recall": _tm("Recall", average="none"),
        }
    )
    two, four = MetricGroup(ours), MetricGroup(ours | more)
    return {
        "Accuracy + Loss": {
            "by hand": lambda: by_hand.update(y_pred, y),
            "ours": lambda: [metric.update(pair) for metric in ours.values()],
            "ours, a group": lambda: two.update(pair),
            "ignite": lambda: [metric.update(pair) for metric in theirs],
            "torchmetrics": lambda: tm.update(y_pred, y),
        },
        "Accuracy + Loss + Precision + Recall": {
            "by hand": lambda: by_hand.update(y_pred, y),
            "ours, a group": lambda: four.update(pair),
            "ignite": lambda: [metric.update(pair) for metric in theirs + more_theirs],
            "torchmetrics": lambda: more_tm.update(y_pred, y),
        },
    }


def _tm(name: str, **kwargs: str) -> torchmetrics.Metric:
    return getattr(torchmetrics, name)(task="multiclass", num_classes=NUM_CLASSES, **kwargs)


def measure(updates: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds of an update, the best of turns that alternate between the contenders."""
    seconds = {name: float("inf") for name in updates}
    for _ in range(TURNS):
        for name, update in updates.items():
            seconds[name] = min(seconds[name], timeit.timeit(update, number=UPDATES) / UPDATES)
    return {name: value * 1e6 for name, value in seconds.items()}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures for programs")
    as_json = parser.parse_args().json
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    sets = contenders(torch.randn(32, NUM_CLASSES), torch.randint(NUM_CLASSES, (32,)))
    with torch.no_grad():
        figures = {name: measure(updates) for name, updates in sets.items()}
    if as_json:
        print(json.dumps(figures))
        return
    for name, microseconds in figures.items():
        print(f"{name}: update of (32, {NUM_CLASSES}); by hand is accuracy and loss")
        for contender, value in microseconds.items():
            print(f"  {contender:<14} {value:7.1f} us  {value / microseconds['by hand']:5.2f}")


if __name__ == "__main__":
    main()
