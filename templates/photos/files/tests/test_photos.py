"""Photographs become what the network takes, and views are parts of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from project_name.photos import View, find_images, random_view, read_input, read_photo, to_input


def quarters() -> Image.Image:
    """An image of 40 x 20 pixels whose left half is red and whose right half is blue."""
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, :20, 0] = pixels[:, 20:, 2] = 255
    return Image.fromarray(pixels)


def test_an_image_is_scaled_to_a_square() -> None:
    """(3, size, size) between 0 and 1; left stays left."""
    image = to_input(quarters(), 8)
    assert image.shape == (3, 8, 8)
    assert image[:, 0, 0].tolist() == [1, 0, 0]
    assert image[:, 0, -1].tolist() == [0, 0, 1]


def test_a_view_is_a_part_and_may_be_mirrored() -> None:
    """The right half alone is blue; mirrored, the whole has blue on its left."""
    red, _, blue = to_input(quarters(), 8, View((0.5, 0, 1, 1)))
    assert blue.min() > 0.8 > 0.2 > red.max()  # along its edge scaling mixes in what is beyond
    assert to_input(quarters(), 8, View(mirrored=True))[:, 0, 0].tolist() == [0, 0, 1]


def test_random_views_lie_in_the_image_and_come_again() -> None:
    """Edges are in order and within the image; the same state of torch's generator gives the same views."""
    torch.manual_seed(0)
    views = [random_view("light") for _ in range(100)]
    for left, top, right, bottom in (view.box for view in views):
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
        assert min(right - left, bottom - top) > 0.59
    assert {view.mirrored for view in views} == {False, True}
    torch.manual_seed(0)
    assert [random_view("light") for _ in range(100)] == views
    assert random_view("none") == View()


def test_strong_augmentation_sees_less_and_in_other_colours() -> None:
    """Parts down to four tenths of each side; brightness, contrast and saturation from 0.6 to 1.4."""
    torch.manual_seed(0)
    views = [random_view("strong") for _ in range(200)]
    sides = [side for view in views for side in (view.box[2] - view.box[0], view.box[3] - view.box[1])]
    assert 0.39 < min(sides) < 0.5
    factors = torch.tensor([view.colours or () for view in views])
    assert factors.shape == (200, 3)
    assert (factors.min(dim=0).values < 0.7).all()
    assert (factors.max(dim=0).values > 1.3).all()


def test_colours_of_a_view() -> None:
    """Brightness is a factor, no contrast leaves the mean, and no saturation leaves each pixel's own grey."""
    image = to_input(quarters(), 8)
    halved, flat, grey = (
        to_input(quarters(), 8, View(colours=colours)) for colours in ((0.5, 1, 1), (1, 0, 1), (1, 1, 0))
    )
    assert torch.allclose(halved, image / 2)
    assert torch.allclose(flat, image.mean().expand(3, 8, 8))
    assert torch.allclose(grey, image.mean(dim=0).expand(3, 8, 8))


@pytest.mark.parametrize("damage", [lambda image: image[:60], lambda _: b"", lambda image: b"GIF89a" + image])
def test_a_damaged_image_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """A file that is no image, or half of one, is named."""
    path = tmp_path / "1.png"
    quarters().save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(OSError, match=r"1\.png' cannot be read as an image: "):
        read_photo(path)
    with pytest.raises(SystemExit, match=r"1\.png' cannot be read as an image: "):
        read_input(path, 8)


def test_images_are_found_and_what_is_none_is_passed_over(tmp_path: Path) -> None:
    """Other files and hidden ones are no images; a folder without images, and none, are told."""
    with pytest.raises(SystemExit, match="There is no image in"):
        find_images(tmp_path)
    with pytest.raises(SystemExit, match="There is no folder"):
        find_images(tmp_path / "nowhere")
    for name in ("b.png", "a.JPG", "._a.JPG", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_images(tmp_path)] == ["a.JPG", "b.png"]
