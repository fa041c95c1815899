"""Pictures show every image where it belongs."""

from pathlib import Path

import torch
from PIL import Image
from project_name.data import DataConfig, load_datasets
from project_name.model import ModelConfig, build_model
from project_name.noise import make_noise
from project_name.pictures import animate, draw_epoch, draw_results, to_grid


def test_images_stand_in_rows() -> None:
    """Three images of 32 pixels fill two rows of two, with black around each; the last place is black."""
    images = torch.stack([torch.full((1, 32, 32), value) for value in (-1.0, 0.0, 1.0)])
    grid = to_grid(images)
    assert grid.size == (68, 68)
    assert [grid.getpixel(place) for place in ((5, 5), (40, 5), (5, 40), (40, 40))] == [0, 128, 255, 0]


def test_colours_stay() -> None:
    """Small images are enlarged by whole pixels."""
    image = torch.full((1, 3, 8, 8), -1.0)
    image[:, 0] = 1
    grid = to_grid(image)
    assert (grid.size, grid.getpixel((15, 15))) == ((30, 30), (255, 0, 0))


def test_a_run_can_be_seen_again(tmp_path: Path, data_config: DataConfig) -> None:
    """A picture for each epoch, all of them in one file, and the generated beside the real ones."""
    datasets = load_datasets(data_config)
    for epoch in (1, 2, 3):
        torch.manual_seed(epoch)
        network = build_model(ModelConfig(width=4), **datasets.sizes)
        draw_epoch(tmp_path, network, make_noise(9, datasets.sizes["latent_size"], seed=0), epoch)
        assert network.training
    animate(tmp_path, tmp_path / "samples.gif")
    draw_results(tmp_path, network, datasets.test, datasets.info)
    with Image.open(tmp_path / "samples.gif") as file:
        assert getattr(file, "n_frames", 1) == 3
    drawn = {*(f"epoch_00{epoch}.png" for epoch in (1, 2, 3)), "generated.png", "real.png", "samples.gif"}
    assert drawn <= {path.name for path in tmp_path.iterdir()}
