"""ONNX Runtime computes what the network does."""

import sys
from pathlib import Path

import pytest
import torch
from onnxruntime import InferenceSession
from project_name import export
from project_name.data import load_datasets
from project_name.loaders import make_loader
from project_name.trained import load_trained
from short_run import short_run


def test_an_onnx_file_gives_the_networks_outputs(
    tmp_path: Path, data_flags: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for a batch of another size than the one that it was traced with."""
    folder, file = short_run(tmp_path, data_flags), tmp_path / "network.onnx"
    monkeypatch.setattr(sys, "argv", ["export", str(folder), "--output", str(file)])
    export.main()

    trained = load_trained(folder)
    config = trained.config
    loader = make_loader(load_datasets(config.data).test, config.data, config.seed, evaluate=True)
    inputs = next(iter(loader))[0][:3]
    session = InferenceSession(str(file), providers=["CPUExecutionProvider"])
    found = session.run(None, {session.get_inputs()[0].name: inputs.numpy()})[0]
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(found), trained.network(inputs), rtol=1e-3, atol=1e-4)
