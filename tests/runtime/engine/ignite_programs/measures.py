"""Metrics of one's own and metrics made of metrics, on dictionaries, per batch, per epoch and by hand."""

import torch
from ignite.engine import Engine, Events
from ignite.exceptions import NotComputableError
from ignite.metrics import (
    Accuracy,
    Average,
    ConfusionMatrix,
    EpochMetric,
    Fbeta,
    IoU,
    Loss,
    Metric,
    MetricsLambda,
    Precision,
    Recall,
    RunningAverage,
    TopKCategoricalAccuracy,
)
from ignite.metrics.metric import BatchWise, reinit__is_reduced, sync_all_reduce
from torch import nn


class WrongByMuch(Metric):
    """Fraction of samples whose class is missed by more than one."""

    required_output_keys = ("y_pred", "y", "mask")

    def __init__(self, output_transform=lambda x: x, device="cpu"):
        super().__init__(output_transform=output_transform, device=device)

    @reinit__is_reduced
    def reset(self):
        self._wrong = torch.tensor(0, device=self._device)
        self._seen = 0
        super().reset()

    @reinit__is_reduced
    def update(self, output):
        y_pred, y, mask = output[0].detach(), output[1].detach(), output[2]
        far = (y_pred.argmax(1) - y).abs() > 1
        self._wrong += far[mask].sum().to(self._device)
        self._seen += int(mask.sum())

    @sync_all_reduce("_wrong", "_seen")
    def compute(self):
        if self._seen == 0:
            raise NotComputableError("Nothing was seen.")
        return self._wrong.item() / self._seen


def main(folder):
    """Evaluates, and says all values."""
    torch.manual_seed(11)
    batches = [
        {"y_pred": torch.randn(8, 4), "y": torch.randint(0, 4, (8,)), "mask": torch.rand(8) > 0.3} for _ in range(6)
    ]
    evaluator = Engine(lambda engine, batch: batch)
    precision, recall = Precision(average=False), Recall(average=False)

    def f_beta(r, p, beta):
        return torch.mean((1 + beta**2) * p * r / (beta**2 * p + r + 1e-20)).item()

    def pair(output):
        return output["y_pred"], output["y"]

    only = {"output_transform": pair}
    confusion = ConfusionMatrix(num_classes=4, output_transform=pair)
    metrics = {
        "f2": MetricsLambda(f_beta, recall, precision, 2),
        "f1": (precision * recall * 2 / (precision + recall)).mean(),
        "precision of 1": precision[1],
        "error": 1.0 - Accuracy(),
        "much": WrongByMuch(),
        "nll": Loss(nn.CrossEntropyLoss(), output_transform=pair),
        "top": TopKCategoricalAccuracy(k=2),
        "iou": IoU(confusion, ignore_index=0),
        "norm": precision.norm(),
        "diagonal": confusion.diagonal().to(torch.float64),
        "beta": Fbeta(1.0, **only),
        "own": EpochMetric(lambda y_pred, y: float((y_pred.max(1).values * y).sum()), **only),
        "mean": Average(output_transform=lambda output: output["y_pred"].mean()),
    }
    for name, metric in metrics.items():
        metric.attach(evaluator, name)
    RunningAverage(output_transform=lambda output: output["y_pred"].mean(), alpha=0.5).attach(evaluator, "running")
    batchwise = Accuracy()
    batchwise.attach(evaluator, "of the batch", usage=BatchWise())
    of_batches = []

    @evaluator.on(Events.ITERATION_COMPLETED)
    def note(engine):
        of_batches.append([round(float(engine.state.metrics[name]), 4) for name in ("running", "of the batch")])

    @evaluator.on(Events.EPOCH_COMPLETED(once=1))
    def detach():
        metrics["top"].detach(evaluator)
        assert not metrics["top"].is_attached(evaluator)

    values = evaluator.run(batches).metrics

    def plain(value):
        value = torch.as_tensor(value, dtype=torch.float64)
        return [round(number, 4) for number in value.flatten().tolist()]

    by_hand = WrongByMuch()
    try:
        by_hand.compute()
        refused = "no"
    except NotComputableError as error:
        refused = str(error)
    for batch in batches[:2]:
        by_hand.update((batch["y_pred"], batch["y"], batch["mask"]))
    return {
        "values": {name: plain(value) for name, value in values.items()},
        "batches": of_batches,
        "by hand": round(by_hand.compute(), 4),
        "refused": refused,
    }
