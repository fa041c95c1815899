"""The samples: scenes of handwritten digits on noise, and the class of each of their pixels; no download."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.utils.data import TensorDataset

from .loaders import Datasets
from .scenes import SceneConfig, load_scenes, read_scene


@dataclass(frozen=True)
class DataConfig(SceneConfig):
    """The scenes and how they are batched."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples.

    Each is `(image, mask)`: a `(1, scene_size, scene_size)` float tensor in `[0, 1]`, and for each of its pixels a
    class in `[0, 11)`: 0 for the ground, 1 + d for digit d.
    """
    splits = {split: TensorDataset(scenes.images, scenes.masks) for split, scenes in load_scenes(config).items()}
    info = {"classes": ["ground", *map(str, range(10))]}
    return Datasets(**splits, sizes={"channels": 1, "num_classes": 11}, info=info)


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A file's image as the network takes it, with its name.

    Raises:
        SystemExit: it is no image.
    """
    return [(str(path), read_scene(path, config.scene_size))]
