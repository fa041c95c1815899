"""What metrics cost: ours, PyTorch-Ignite's and torchmetrics', as ratios to torch by hand and to scikit-learn.

One thread; every contender runs in the same process, in turns, and its best turn counts. The turns of `update`, of
batches of (32, 10), are many and short, so that some are disturbed by no other program. The area under the curve is
of a million scores. `--json` prints the figures for programs.
"""

from __future__ import annotations

import argparse
import json
import time
import timeit
import warnings
from collections.abc import Callable

import ignite.engine
import ignite.metrics
import torch
import torchmetrics
from sklearn.metrics import roc_auc_score
from torch.nn.functional import cross_entropy

from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics import ROC_AUC, Accuracy, Loss, MetricGroup, Precision, Recall

NUM_CLASSES = 10
TURNS, UPDATES = 500, 15
BATCHES, EPOCHS = 300, 60
SCORES, AREA_TURNS = 1_000_000, 3


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


def attached() -> dict[str, dict[str, Callable[[], object]]]:
    """One epoch of `BATCHES` batches of each contender, by set of metrics."""
    batches = [(torch.randn(32, NUM_CLASSES), torch.randint(NUM_CLASSES, (32,))) for _ in range(BATCHES)]

    def by_hand() -> tuple[float, float]:
        counted = ByHand()
        for y_pred, y in batches:
            counted.update(y_pred, y)
        return counted.correct.item() / counted.seen, counted.loss.item() / counted.seen

    def run(engine: Engine[object, object] | ignite.engine.Engine, metrics: dict[str, object]) -> Callable[[], object]:
        for name, metric in metrics.items():
            metric.attach(engine, name)
        return lambda: engine.run(batches)

    def loop(collection: torchmetrics.MetricCollection) -> Callable[[], object]:
        def epoch() -> object:
            collection.reset()
            for y_pred, y in batches:
                collection.update(y_pred, y)
            return collection.compute()

        return epoch

    def passes_on(engine: object, batch: object) -> object:
        return batch

    def each(*kinds: dict[str, Callable[[], object]]) -> dict[str, object]:
        return {name: make() for kind in kinds for name, make in kind.items()}

    ours = {"accuracy": Accuracy, "loss": lambda: Loss(cross_entropy)}
    more = {"precision": Precision, "recall": Recall}
    theirs = {"accuracy": ignite.metrics.Accuracy, "loss": lambda: ignite.metrics.Loss(cross_entropy)}
    more_theirs = {"precision": ignite.metrics.Precision, "recall": ignite.metrics.Recall}
    tm = {"accuracy": lambda: _tm("Accuracy", average="micro"), "loss": MeanLoss}
    more_tm = {name.lower(): lambda name=name: _tm(name, average="none") for name in ("Precision", "Recall")}
    return {
        f"{name}, as attached": {
            "by hand": by_hand,
            "ours": run(Engine(passes_on), each(ours, *own)),
            "ignite": run(ignite.engine.Engine(passes_on), each(theirs, *of_ignite)),
            "torchmetrics": loop(torchmetrics.MetricCollection(each(tm, *of_torchmetrics))),
        }
        for name, own, of_ignite, of_torchmetrics in (
            ("Accuracy + Loss", [], [], []),
            ("Accuracy + Loss + Precision + Recall", [more], [more_theirs], [more_tm]),
        )
    }


def _tm(name: str, **kwargs: str) -> torchmetrics.Metric:
    return getattr(torchmetrics, name)(task="multiclass", num_classes=NUM_CLASSES, **kwargs)


def measure(calls: dict[str, Callable[[], object]], turns: int, repeats: int, updates: int) -> dict[str, float]:
    """Processor's microseconds of an update, the best of turns that alternate between the contenders."""
    seconds = {name: float("inf") for name in calls}
    for _ in range(turns):
        for name, call in calls.items():
            seconds[name] = min(
                seconds[name], timeit.timeit(call, timer=time.thread_time, number=repeats) / repeats / updates
            )
    return {name: value * 1e6 for name, value in seconds.items()}


def areas() -> dict[str, float]:
    """Milliseconds of the area under the curve of a million scores."""
    scores, y = torch.rand(SCORES), torch.randint(2, (SCORES,))
    metrics = {
        "ours": ROC_AUC(),
        "ignite": ignite.metrics.ROC_AUC(),
        "torchmetrics": torchmetrics.AUROC(task="binary"),
    }
    for name, metric in metrics.items():
        metric.update(*((scores, y) if name == "torchmetrics" else ((scores, y),)))
    arrays = (y.numpy(), scores.numpy())
    calls = {"scikit-learn": lambda: roc_auc_score(*arrays)} | {name: _anew(metric) for name, metric in metrics.items()}
    seconds = {name: float("inf") for name in calls}
    for _ in range(AREA_TURNS):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return {name: value * 1e3 for name, value in seconds.items()}


def _anew(metric: object) -> Callable[[], object]:
    """Computes it; the peers keep the value that they have computed."""

    def compute() -> object:
        for attribute in ("_result", "_computed"):
            if hasattr(metric, attribute):
                setattr(metric, attribute, None)
        return metric.compute()

    return compute


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
        figures = {name: measure(calls, TURNS, UPDATES, 1) for name, calls in sets.items()}
        figures |= {name: measure(calls, EPOCHS, 1, BATCHES) for name, calls in attached().items()}
    area = areas()
    if as_json:
        print(json.dumps(figures | {"ROC_AUC": area}))
        return
    for name, microseconds in figures.items():
        print(f"{name}: update of (32, {NUM_CLASSES}); by hand is accuracy and loss")
        for contender, value in microseconds.items():
            print(f"  {contender:<14} {value:7.1f} us  {value / microseconds['by hand']:5.2f}")
    print(f"ROC_AUC: compute of {SCORES} scores")
    for contender, value in area.items():
        print(f"  {contender:<14} {value:7.0f} ms  {value / area['scikit-learn']:5.2f}")


if __name__ == "__main__":
    main()
