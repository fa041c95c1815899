"""Pictures show the samples that there are."""

from pathlib import Path

import torch
from matplotlib.image import imread
from project_name.data import DataConfig, load_datasets
from project_name.model import ModelConfig, build_model
from project_name.pictures import draw_predictions, draw_results


def test_results_are_drawn(tmp_path: Path, data_config: DataConfig) -> None:
    """After training there is a picture of test samples."""
    datasets = load_datasets(data_config)
    network = build_model(ModelConfig(width=8, levels=1), **datasets.sizes)
    draw_results(tmp_path, network, datasets.test, datasets.info)
    assert imread(tmp_path / "boxes.png").std() > 0.1


def test_each_input_has_its_picture(tmp_path: Path) -> None:
    """Files of one name in two folders do not overwrite each other; a box that is found is drawn."""
    inputs = [("a/x.jpg", torch.zeros(3, 32, 32)), ("b/x.jpg", torch.zeros(3, 32, 32))]
    outputs = torch.full((2, 7, 8, 8), -20.0)
    outputs[:, 3:] = 0.0
    outputs[1, 0, 4, 4] = 3.0
    draw_predictions(tmp_path, inputs, outputs, {"classes": ["cat", "dog", "bird"]})
    empty, found = (imread(tmp_path / f"000{number}_x.png") for number in range(2))
    assert (empty != found).any()
