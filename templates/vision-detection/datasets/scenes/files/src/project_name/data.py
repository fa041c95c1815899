"""The samples: scenes of handwritten digits on noise, and the boxes around them; no download."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import TensorDataset

from .loaders import Datasets
from .scenes import SceneConfig, load_scenes, read_scene


@dataclass(frozen=True)
class DataConfig(SceneConfig):
    """The scenes and how they are batched."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples.

    Each is `(image, objects)`: a `(1, scene_size, scene_size)` float tensor in `[0, 1]`, and `(digits_per_scene, 5)`
    float, for each digit the left, top, right and bottom edge of its pixels, and its class.
    """
    splits = {
        split: TensorDataset(scenes.images, torch.cat((scenes.boxes, scenes.labels.unsqueeze(2)), dim=2))
        for split, scenes in load_scenes(config).items()
    }
    info = {"classes": [str(digit) for digit in range(10)]}
    return Datasets(**splits, sizes={"channels": 1, "num_classes": 10}, info=info)


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A file's image as the network takes it, with its name.

    Raises:
        SystemExit: it is no image.
    """
    return [(str(path), read_scene(path, config.scene_size))]
