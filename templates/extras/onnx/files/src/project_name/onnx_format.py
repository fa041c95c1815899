"""ONNX as one of the formats of `export.py`."""

import warnings
from collections.abc import Callable

import torch
from onnxruntime import InferenceSession
from torch import Tensor, nn


def to_onnx(network: nn.Module, inputs: Tensor) -> tuple[bytes, Callable[[Tensor], Tensor]]:
    """The content of the file, for batches of any size, and the network as ONNX Runtime computes it."""
    batch = torch.export.Dim.DYNAMIC if len(inputs) > 1 else torch.export.Dim.STATIC
    with warnings.catch_warnings(action="ignore"):  # of the exporter about its own code
        program = torch.onnx.export(network, (inputs,), dynamo=True, dynamic_shapes=({0: batch},), verbose=False)
    assert program is not None  # it is only by the old exporter
    content = program.model_proto.SerializeToString()
    session = InferenceSession(content, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def restored(batch: Tensor) -> Tensor:
        return torch.from_numpy(session.run(None, {name: batch.numpy()})[0])

    return content, restored
