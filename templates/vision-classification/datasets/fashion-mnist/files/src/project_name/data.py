"""The images: Fashion-MNIST, 28 x 28 grey pixels, from its idx files; MNIST and its relatives have the same format."""

import gzip
import math
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import TensorDataset, random_split

from .loaders import Datasets, LoaderConfig

CLASSES = ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The images and how they are batched."""

    root: Path = Path("data")
    """The folder of train-images-idx3-ubyte, train-labels-idx1-ubyte and the two of t10k; they may end in .gz."""
    split_seed: int = 0
    """Seeds the choice of the validation samples."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples; a tenth of the training images validates.

    Each is `(image, label)`: a `(1, height, width)` float tensor in `[0, 1]`, and a class.
    """
    root = Path(os.path.expanduser(config.root))  # a shell leaves the `~` of `--data.root=~/images` as it is
    learned, test = _read_pair(root, "train"), _read_pair(root, "t10k")
    # A generator of its own: the split stays the same whatever the run's seed is.
    train, val = random_split(learned, [0.9, 0.1], torch.Generator().manual_seed(config.split_seed))
    count = 1 + int(max(learned.tensors[1].max(), test.tensors[1].max()))
    classes = CLASSES if count == len(CLASSES) else [str(index) for index in range(count)]
    height, width = learned.tensors[0].shape[2:]
    info = {"classes": classes, "height": height, "width": width}
    return Datasets(train=train, val=val, test=test, sizes={"channels": 1, "num_classes": count}, info=info)


def _read_pair(root: Path, split: str) -> TensorDataset:
    """The images `(N, 1, height, width)` in `[0, 1]` and labels `(N,)` of one split."""
    images, labels = read_idx(root / f"{split}-images-idx3-ubyte"), read_idx(root / f"{split}-labels-idx1-ubyte")
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise SystemExit(
            f"Error: '{root}' has images {tuple(images.shape)} and labels {tuple(labels.shape)} for {split}.\n"
            "Hint:  Images are (N, height, width), with a label for each."
        )
    return TensorDataset(images.unsqueeze(1).float() / 255, labels.long())


def read_idx(path: Path) -> Tensor:
    """The bytes of an idx file as a tensor of its shape; the file may be packed, and then ends in .gz.

    It begins with two zeros, 8 for unsigned bytes, the number of dimensions, and the size of each in four bytes.

    Raises:
        SystemExit: there is no such file, or it is no idx file, or a part of it is missing.
    """
    packed = path.with_name(f"{path.name}.gz")
    file = path if path.is_file() else packed
    try:
        content = gzip.decompress(file.read_bytes()) if file == packed else file.read_bytes()
        dimensions = content[3]
        shape = struct.unpack_from(f">{dimensions}I", content, 4)
    except (OSError, EOFError, IndexError, struct.error, zlib.error) as error:
        raise SystemExit(
            f"Error: '{path}' (or .gz) cannot be read: {error}.\nHint:  --data.root names the folder of the idx files."
        ) from None
    start = 4 + 4 * dimensions
    if content[:3] != b"\0\0\x08" or len(content) - start != math.prod(shape):
        raise SystemExit(f"Error: '{file}' is no idx file of bytes, or a part of it is missing.")
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=start).view(shape)


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A file's image as the network takes it, with its name: bright things on a dark ground, scaled.

    Raises:
        SystemExit: it is no image.
    """
    try:
        with Image.open(path) as file:
            image = file.convert("L").resize((info["width"], info["height"]), Image.Resampling.BOX)
    except (OSError, SyntaxError, ValueError) as error:
        raise SystemExit(f"Error: '{path}' cannot be read as an image: {error}.") from None
    return [(str(path), torch.from_numpy(np.asarray(image, np.float32)).unsqueeze(0) / 255)]
