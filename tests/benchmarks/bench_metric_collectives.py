"""How many collectives the metrics of an evaluation take: twenty of ours, of PyTorch-Ignite's and of torchmetrics'.

Two real processes evaluate, and what torch.distributed is asked to do is counted. Ours and Ignite's are the same
twenty; torchmetrics' are twenty of its own of the same kinds, in its collections, which save it some.
`--json` prints the figures for programs.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

import scaffold_runtime.engine
import scaffold_runtime.metrics
from scaffold_runtime import distributed as idist

NUM_CLASSES, BATCHES = 10, 4
COLLECTIVES = ("all_reduce", "all_gather", "all_gather_into_tensor", "all_gather_object", "broadcast", "barrier")
OF_CLASSES: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Accuracy", (), {}),
    ("Loss", (cross_entropy,), {}),
    ("ConfusionMatrix", (NUM_CLASSES,), {}),
    ("TopKCategoricalAccuracy", (2,), {}),
    *((name, (), {"average": average}) for name in ("Precision", "Recall") for average in (False, "macro", "micro")),
]
OF_NUMBERS = (
    *("MeanAbsoluteError", "MeanSquaredError", "RootMeanSquaredError"),
    *("CanberraMetric", "FractionalBias", "ManhattanDistance", "MaximumAbsoluteError", "MeanError", "R2Score"),
    "WaveHedgesDistance",
)
OF_NUMBERS_OF_TORCHMETRICS = (
    *("MeanAbsoluteError", "MeanSquaredError", "R2Score", "ExplainedVariance", "PearsonCorrCoef", "LogCoshError"),
    *("MeanAbsolutePercentageError", "SymmetricMeanAbsolutePercentageError", "MeanSquaredLogError"),
    "ConcordanceCorrCoef",
)


def batches() -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Scores and classes."""
    torch.manual_seed(idist.get_rank())
    return [(torch.randn(32, NUM_CLASSES), torch.randint(NUM_CLASSES, (32,))) for _ in range(BATCHES)]


def as_numbers(output: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """One number predicted for each sample."""
    return output[0][:, 0], output[1].float()


def with_engine(library: Any, engine_type: Any) -> None:
    """An evaluation by an engine with twenty metrics."""
    evaluator = engine_type(lambda engine, batch: batch)
    for index, (name, args, kwargs) in enumerate(OF_CLASSES):
        getattr(library, name)(*args, **kwargs).attach(evaluator, f"{name} {index}")
    for name in OF_NUMBERS:
        getattr(library.regression if not hasattr(library, name) else library, name)(as_numbers).attach(evaluator, name)
    evaluator.run(batches())
    assert len(evaluator.state.metrics) == len(OF_CLASSES) + len(OF_NUMBERS)


def with_torchmetrics() -> None:
    """The same by hand with its collections."""
    import torchmetrics

    classes: dict[str, torchmetrics.Metric] = {"loss": torchmetrics.MeanMetric()}
    for index, (name, _, kwargs) in enumerate(entry for entry in OF_CLASSES if entry[0] != "Loss"):
        given = {"top_k": 2} if name.startswith("TopK") else {"average": kwargs.get("average") or "none"}
        given = {} if name == "ConfusionMatrix" else given
        made = getattr(torchmetrics, name.replace("TopKCategorical", ""))
        classes[f"{name} {index}"] = made(task="multiclass", num_classes=NUM_CLASSES, **given)
    loss, of_classes = classes.pop("loss"), torchmetrics.MetricCollection(classes)
    regression = {name: getattr(torchmetrics.regression, name)() for name in OF_NUMBERS_OF_TORCHMETRICS}
    of_numbers = torchmetrics.MetricCollection(regression)
    for y_pred, y in batches():
        loss.update(cross_entropy(y_pred, y), len(y))
        of_classes.update(y_pred, y)
        of_numbers.update(*(part.abs() for part in as_numbers((y_pred, y))))
    values = {"loss": loss.compute()} | of_classes.compute() | of_numbers.compute()
    assert len(values) == len(OF_CLASSES) + len(OF_NUMBERS)


def counted(evaluate: Callable[[], None]) -> int:
    """How many collectives it takes; the first time counts for nothing, since libraries set themselves up."""
    evaluate()
    calls, functions = [], {name: getattr(torch.distributed, name) for name in COLLECTIVES}

    def counting(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls.append(function)
            return function(*args, **kwargs)

        return call

    for name, function in functions.items():
        setattr(torch.distributed, name, counting(function))
    evaluate()
    for name, function in functions.items():
        setattr(torch.distributed, name, function)
    return len(calls)


def measure(local_rank: int, file: Path) -> None:
    """Counts, and writes what rank 0 counted."""
    warnings.simplefilter("ignore")
    import ignite.engine
    import ignite.metrics

    torch.set_num_threads(1)
    figures = {
        "ours": counted(lambda: with_engine(scaffold_runtime.metrics, scaffold_runtime.engine.Engine)),
        "ignite": counted(lambda: with_engine(ignite.metrics, ignite.engine.Engine)),
        "torchmetrics": counted(with_torchmetrics),
    }
    if idist.get_rank() == 0:
        file.write_text(json.dumps(figures))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print the figures for programs")
    as_json = parser.parse_args().json
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        idist.spawn("gloo", measure, (file,), nproc_per_node=2)
        figures = json.loads(file.read_text())
    if as_json:
        print(json.dumps(figures))
        return
    print(f"Collectives of an evaluation with {len(OF_CLASSES) + len(OF_NUMBERS)} metrics on two processes")
    for library, calls in figures.items():
        print(f"  {library:<14} {calls}")


if __name__ == "__main__":
    main()
