"""ONNX as one of the formats of `export.py`."""

import io
from collections.abc import Callable

import torch
from onnxruntime import InferenceSession
from torch import Tensor, nn


def to_onnx(network: nn.Module, inputs: Tensor) -> tuple[bytes, Callable[[Tensor], Tensor]]:
    """The content of the file, for batches of any size, and the network as ONNX Runtime computes it."""
    batch = torch.export.Dim.DYNAMIC if len(inputs) > 1 else torch.export.Dim.STATIC
    program = torch.onnx.export(network, (inputs,), dynamo=True, dynamic_shapes=({0: batch},), verbose=False)
    assert program is not None  # as it is where a file is named
    file = io.BytesIO()
    program.save(file)
    session = InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def restored(batch: Tensor) -> Tensor:
        return torch.from_numpy(session.run(None, {name: batch.cpu().numpy()})[0]).to(batch.device)

    return file.getvalue(), restored
