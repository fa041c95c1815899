"""Runs in the environment that has torch_xla: what metrics cost there, from torch_xla's own counters, as JSON."""

import json

import torch
from torch.nn.functional import cross_entropy

from scaffold_runtime.metrics import Accuracy, ConfusionMatrix, Loss, MeanSquaredError, MetricGroup, Precision, Recall

NUM_STEPS = 12


def main() -> None:
    """Updates a group of metrics on the XLA device and prints what that took."""
    # Here, because doctests are looked for in every module, and the test environment has no torch_xla.
    import torch_xla
    import torch_xla.debug.metrics as counters

    device = torch_xla.device()
    group = MetricGroup(
        {
            "accuracy": Accuracy(),
            "loss": Loss(cross_entropy),
            "precision": Precision(average=False),
            "recall": Recall(average="macro"),
            "matrix": ConfusionMatrix(3),
        }
    )
    error, generator = MeanSquaredError(), torch.Generator().manual_seed(0)
    batches = [
        (torch.randn(8, 3, generator=generator), torch.randint(3, (8,), generator=generator)) for _ in range(NUM_STEPS)
    ]
    on_device = [(y_pred.to(device), y.to(device)) for y_pred, y in batches]
    torch_xla.sync(wait=True)
    counters.clear_all()
    compiled = []
    for y_pred, y in on_device:
        group.update((y_pred, y))
        error.update((y_pred[:, 0], y_pred[:, 1]))
        torch_xla.sync(wait=True)
        compiled.append(counters.counter_value("UncachedCompile") or 0)
    found = {
        "compiled": compiled,
        "reads": counters.metric_data("TransferFromDeviceTime"),
        "fallbacks": [name for name in counters.counter_names() if name.startswith("aten::")],
    }
    found["accuracy"] = group.compute()["accuracy"]
    found["expected"] = sum((p.argmax(1) == y).sum().item() for p, y in batches) / (8 * NUM_STEPS)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
