"""InceptionModel."""

import json
import os
import sys
from pathlib import Path

import pytest
import torch
from tests.warm_python import run

from scaffold_runtime.metrics import FID
from scaffold_runtime.metrics.machinery.gan.inception_model import InceptionModel

ROOT = Path(__file__).parents[5]


@pytest.fixture
def without_torchvision(monkeypatch):
    """As if it were not installed, whether it is or not."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [])


@pytest.mark.slow
@pytest.mark.xla
def test_network(tmp_path):
    """It is torchvision's Inception v3: up to its last pooling for FID, with a softmax for InceptionScore."""
    done = run(
        [str(ROOT / ".envs/xla/bin/python"), str(Path(__file__).parent / "programs/inception.py")],
        os.environ | {"PYTHONPATH": str(ROOT / "runtime"), "TORCH_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["features"] < 1e-5
    assert found["probabilities"] < 1e-6
    assert found["probabilities of InceptionScore"] < 1e-6


@pytest.mark.usefixtures("without_torchvision")
def test_not_installed():
    """Without torchvision there is one sentence that says what to install."""
    with pytest.raises(ModuleNotFoundError) as error:
        FID()
    assert str(error.value) == (
        "Inception v3 needs the package `torchvision`, which is not installed: `pip install torchvision`, "
        "or give the metric a `feature_extractor`."
    )


@pytest.mark.usefixtures("without_torchvision")
def test_not_importable(monkeypatch, tmp_path):
    """A torchvision that was built for another torch is named, with its reason."""
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])  # not syspath_prepend: its undoing would keep the empty path
    with pytest.raises(ImportError) as error:
        InceptionModel(return_features=True)
    assert str(error.value) == (
        "Inception v3 needs the package `torchvision`, which cannot be imported: operator torchvision::nms does not "
        f"exist. Install the release that was built for torch {torch.__version__}, "
        "or give the metric a `feature_extractor`."
    )


def test_wrong_images():
    """What is no image of three colours is refused before the network sees it."""
    with pytest.raises(ValueError, match=r".") as error:
        InceptionModel.forward(torch.nn.Identity(), torch.zeros(2, 1, 299, 299))
    assert str(error.value) == (
        "InceptionModel looks at images (N, 3, 299, 299), got (2, 1, 299, 299). "
        "Give the metric a `feature_extractor` for others."
    )
