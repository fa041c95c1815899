"""Pictures show the samples that there are, in colours that tell classes apart."""

from pathlib import Path

import numpy as np
import torch
from matplotlib.image import imread
from PIL import Image
from project_name.data import DataConfig, load_datasets
from project_name.loss import IGNORED
from project_name.model import ModelConfig, build_model
from project_name.pictures import class_colours, draw_predictions, draw_results, draw_table


def test_results_are_drawn(tmp_path: Path, data_config: DataConfig) -> None:
    """After training there is a picture of test samples."""
    datasets = load_datasets(data_config)
    network = build_model(ModelConfig(width=4, levels=2), **datasets.sizes)
    draw_results(tmp_path, network, datasets.test, datasets.info)
    picture = imread(tmp_path / "masks.png")
    assert picture.shape[0] > picture.shape[1] / 2
    assert picture.std() > 0.1


def test_each_input_has_its_picture(tmp_path: Path) -> None:
    """And its mask; files of one name in two folders do not overwrite each other."""
    inputs = [("a/x.jpg", torch.rand(3, 8, 8)), ("b/x.jpg", torch.rand(3, 8, 8))]
    outputs = torch.randn(2, 4, 8, 8)
    draw_predictions(tmp_path, inputs, outputs, {"classes": list("abcd")})
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["0000_x.png", "0000_x_mask.png", "0001_x.png", "0001_x_mask.png"]
    mask = np.asarray(Image.open(tmp_path / "0001_x_mask.png"))
    assert (mask == outputs[1].argmax(dim=0).numpy()).all()


def test_the_legend_names_the_classes_that_are_seen() -> None:
    """Those that occur in a mask, and no others."""
    masks = torch.tensor([[[0, 2], [IGNORED, 2]]])
    figure = draw_table({"image": torch.rand(1, 1, 2, 2), "mask": masks}, ["ground", "cat", "dog"])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["ground", "dog"]


def test_classes_have_different_colours() -> None:
    """However many there are; pixels without a class are white, and no class is."""
    for num_classes in (2, 11, 21, 100):
        colours = class_colours(num_classes)
        assert len(np.unique(colours[:num_classes].round(3), axis=0)) == num_classes
        assert (colours[IGNORED] == 1).all()
        assert not (colours[:num_classes] == 1).all(axis=1).any()
