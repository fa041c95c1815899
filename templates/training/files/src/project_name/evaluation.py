"""The evaluation step, and what a batch goes through in any step: to the device, and in which precision."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics import Metric

Batch = tuple[Tensor, Tensor]  # inputs (N, ...) and targets (N, ...), on the host


def make_evaluator(model: nn.Module, metrics: Mapping[str, Metric], precision: str) -> Engine[Any, Any]:
    """An engine that measures the model, with the precision of its training: what is measured is what was trained."""
    device = idist.device()

    @torch.no_grad()
    def evaluation_step(engine: Engine[Any, Any], batch: Batch) -> Batch:
        model.eval()
        inputs, targets = to_device(batch, device)
        with autocast(precision, device):
            outputs = model(inputs)
        return outputs.float(), targets  # in fp32, in which metrics count

    evaluator = Engine[Any, Any](evaluation_step)
    for name, metric in metrics.items():
        metric.attach(evaluator, name)
    return evaluator


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on the device; from pinned memory, which loaders use beside a GPU, the host does not wait for it."""
    inputs, targets = batch
    return inputs.to(device, non_blocking=True), targets.to(device, non_blocking=True)


def autocast(precision: str, device: torch.device) -> AbstractContextManager[Any]:
    """Within it the forward pass computes in the given precision."""
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.type, dtype={"bf16": torch.bfloat16, "fp16": torch.float16}[precision])
