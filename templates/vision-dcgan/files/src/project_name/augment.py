"""What both real and generated images go through before they are judged, so that few images last longer.

Without it the discriminator soon knows all training images by heart. As gradients pass through, the generator does not
learn to make images that are augmented (Zhao et al. 2020, arXiv:2006.10738).
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

SHIFT = 1 / 8  # of height and width, at most, to each side


def shift(images: Tensor) -> Tensor:
    """Each image `(N, C, H, W)` moved by some pixels of its own; what comes in at an edge is as the edge was."""
    count, _, height, width = images.shape
    most = int(height * SHIFT)
    larger = pad(images, (most, most, most, most), mode="replicate")
    down, right = torch.randint(0, 2 * most + 1, (2, count, 1), device=images.device)  # (N, 1) each
    rows = down + torch.arange(height, device=images.device)  # (N, H)
    columns = right + torch.arange(width, device=images.device)  # (N, W)
    samples = torch.arange(count, device=images.device)[:, None, None]
    moved = larger.permute(0, 2, 3, 1)[samples, rows[:, :, None], columns[:, None, :]]  # (N, H, W, C)
    return moved.permute(0, 3, 1, 2)
