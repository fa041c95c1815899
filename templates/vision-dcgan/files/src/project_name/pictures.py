"""What people look at: generated images side by side, and how they came to be what they are."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import pad

from scaffold_runtime import distributed as idist

from .loaders import Samples

NUM_IMAGES = 64
SMALLEST_EDGE = 32  # pixels that an image has on the screen; small ones are enlarged
MOST_FRAMES, SECONDS = 100, 10


def draw_results(folder: Path, network: nn.Module, samples: Samples, info: Mapping[str, Any]) -> None:
    """Draws `generated.png`, of the samples' noise, and their images beside it, `real.png`."""
    count = min(NUM_IMAGES, len(samples))  # pyright: ignore[reportArgumentType]  # it has one
    pairs = [samples[index] for index in range(count)]
    to_grid(generate(network, torch.stack([noise for noise, _ in pairs]))).save(folder / "generated.png")
    to_grid(torch.stack([image for _, image in pairs])).save(folder / "real.png")


def draw_epoch(folder: Path, network: nn.Module, noise: Tensor, epoch: int) -> None:
    """Draws `epoch_001.png`: what the network makes of the noise `(N, latent_size)` now."""
    to_grid(generate(network, noise)).save(folder / f"epoch_{epoch:03}.png")


def animate(folder: Path, animation: Path) -> None:
    """The pictures of a folder's epochs one after another as a GIF, the last one longer; of many, some."""
    files = sorted(folder.glob("epoch_*.png"))
    files = files[:: math.ceil(len(files) / MOST_FRAMES)][:-1] + files[-1:]
    frames = [Image.open(file) for file in files]
    each = SECONDS * 1000 // len(frames)  # milliseconds
    durations = [each] * (len(frames) - 1) + [each + 2000]
    frames[0].save(animation, save_all=True, append_images=frames[1:], duration=durations, loop=0)


@torch.no_grad()
def generate(network: nn.Module, noise: Tensor) -> Tensor:
    """Images `(N, C, H, W)` of noise `(N, latent_size)`, in evaluation mode, by this process alone."""
    alone: nn.Module = getattr(network, "module", network)  # of DDP, which would wait for the others
    was_training = alone.training
    alone.eval()
    images = alone(noise.to(idist.device())).float().cpu()
    alone.train(was_training)
    return images


def to_grid(images: Tensor) -> Image.Image:
    """Images `(N, C, H, W)` in `[-1, 1]` as one picture, in about as many rows as columns."""
    images = pad(images, (1, 1, 1, 1), value=-1)  # else digits, which fill their images, grow into each other
    count, channels, height, width = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    empty = images.new_full((rows * columns - count, channels, height, width), -1)
    tiles = torch.cat([images, empty]).unflatten(0, (rows, columns))  # (rows, columns, C, H, W)
    picture = tiles.permute(0, 3, 1, 4, 2).reshape(rows * height, columns * width, channels)
    enlarged = max(1, round(SMALLEST_EDGE / height))
    return to_image(picture).resize((columns * width * enlarged, rows * height * enlarged), Image.Resampling.NEAREST)


def to_image(picture: Tensor) -> Image.Image:
    """A picture `(H, W, C)` in `[-1, 1]`, of one channel or three."""
    levels = ((picture + 1) * 127.5).round().clamp(0, 255).byte().contiguous()
    height, width, channels = levels.shape
    return Image.frombytes("L" if channels == 1 else "RGB", (width, height), levels.numpy().tobytes())
