"""Scenes are made of the digits they say, where they say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from project_name.data import DataConfig
from project_name.scenes import INK, SIDE, load_scenes, place, read_scene


def test_masks_and_boxes_are_those_of_the_pixels(data_config: DataConfig) -> None:
    """Outside the mask there is noise only; a box touches its digit's pixels with all four edges."""
    scenes = load_scenes(replace(data_config, noise=0.2))["train"]
    assert torch.equal(scenes.images.squeeze(1) >= INK, scenes.masks > 0)
    for mask, boxes, labels in zip(scenes.masks[:20], scenes.boxes[:20], scenes.labels[:20], strict=True):
        for (left, top, right, bottom), label in zip(boxes.int().tolist(), labels.tolist(), strict=True):
            part = mask[top:bottom, left:right] == label + 1
            assert part[0].any()
            assert part[-1].any()
            assert part[:, 0].any()
            assert part[:, -1].any()
        inside = torch.zeros_like(mask)
        for left, top, right, bottom in boxes.int().tolist():
            inside[top:bottom, left:right] = 1
        assert not mask[inside == 0].any()


def test_no_digit_is_in_two_splits(data_config: DataConfig) -> None:
    """Without noise, so that the images are the digits alone, no digit of one split is found in another."""
    splits = load_scenes(replace(data_config, digits_per_scene=1, noise=0.0, num_scenes=300, num_eval_scenes=300))
    found: list[set[bytes]] = []
    for scenes in splits.values():
        crops = set[bytes]()
        for image, box in zip(scenes.images, scenes.boxes[:, 0].int(), strict=True):
            left, top, right, bottom = box.tolist()
            crops.add(image[0, top:bottom, left:right].numpy().tobytes())
        found.append(crops)
    assert all(found)
    assert not found[0] & found[1]
    assert not found[0] & found[2]
    assert not found[1] & found[2]


def test_the_same_seed_makes_the_same_scenes(data_config: DataConfig) -> None:
    """A run that is started again, or on another process, has the same scenes; another seed has others."""
    one, same = load_scenes(data_config)["val"], load_scenes(data_config)["val"]
    assert torch.equal(one.images, same.images)
    assert not torch.equal(one.images, load_scenes(replace(data_config, scene_seed=1))["val"].images)


def test_digits_do_not_touch_where_there_is_room() -> None:
    """Of three digits on 32 x 32 pixels no two overlap."""
    corners = place(200, 3, 32 - SIDE + 1, torch.Generator().manual_seed(0))
    distances = (corners[:, :, None] - corners[:, None]).abs().amax(dim=-1)
    assert (distances[:, ~torch.eye(3, dtype=torch.bool)] >= SIDE).all()


def test_a_file_is_read_as_a_scene(tmp_path: Path) -> None:
    """A coloured image of another size is made grey and small; a file of words is named."""
    Image.fromarray(np.full((64, 48, 3), 255, np.uint8)).save(tmp_path / "white.png")
    assert torch.equal(read_scene(tmp_path / "white.png", 32), torch.ones(1, 32, 32))
    (tmp_path / "words.png").write_text("no image")
    with pytest.raises(SystemExit, match=r"words\.png' cannot be read as an image"):
        read_scene(tmp_path / "words.png", 32)
