"""Boxes: what the network's output says of them, how much they overlap, and which of many for one object stays.

A box is its left, top, right and bottom edge in pixels. The output has one cell for each `STRIDE` x `STRIDE` pixels of
the image; in each cell, after the scores of the classes, the way from its centre to the four edges of the box that it
sees, as logarithms of cells. Everything here has shapes that do not depend on values: no device is waited for, and
compilers see one graph.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

STRIDE = 4  # pixels of the image, in each direction, for one cell of the output
FARTHEST = math.log(1000.0)  # cells; an untrained network may say more than a float can hold


@dataclass(frozen=True)
class Found:
    """The objects that were found in images: the best first, with a score of 0 where there are no more.

    Attributes:
        boxes: `(N, K, 4)`, in pixels.
        scores: `(N, K)`, in `[0, 1]`.
        labels: `(N, K)` int64, classes.
    """

    boxes: Tensor
    scores: Tensor
    labels: Tensor


def find(outputs: Tensor, *, most: int = 100, overlap: float = 0.5, per_class: bool = True) -> Found:
    """The network's outputs to objects.

    Args:
        outputs: `(N, C + 4, H, W)`.
        most: how many of the highest scores of an image are looked at.
        overlap: of two boxes of one class that overlap more than this, the better one stays.
        per_class: for people, False: also of two boxes of different classes, so that what is there has one name.
    """
    boxes = to_boxes(outputs).flatten(1, 2)  # (N, H * W, 4)
    scores = outputs[:, :-4].flatten(2).transpose(1, 2).sigmoid()  # (N, H * W, C)
    num_classes = scores.shape[2]
    scores, best = scores.flatten(1).topk(min(most, scores[0].numel()), dim=1)
    labels = best % num_classes
    boxes = boxes.gather(1, (best // num_classes).unsqueeze(2).expand(-1, -1, 4))
    kept = stays(boxes, labels if per_class else torch.zeros_like(labels), overlap)
    order = (scores * kept).argsort(dim=1, descending=True, stable=True)
    return Found(
        boxes.gather(1, order.unsqueeze(2).expand(-1, -1, 4)), (scores * kept).gather(1, order), labels.gather(1, order)
    )


def to_boxes(outputs: Tensor) -> Tensor:
    """The box that each cell sees, `(N, H, W, 4)` in pixels, of outputs `(N, C + 4, H, W)`."""
    ways = outputs[:, -4:].clamp(max=FARTHEST).exp().movedim(1, -1) * STRIDE
    centres = cell_centres(*outputs.shape[2:], device=outputs.device)
    return torch.cat((centres - ways[..., :2], centres + ways[..., 2:]), dim=-1)


def cell_centres(height: int, width: int, *, device: torch.device) -> Tensor:
    """Where the cells of an output are, `(H, W, 2)`: x and y of their centres, in pixels."""
    rows = (torch.arange(height, device=device) + 0.5) * STRIDE
    columns = (torch.arange(width, device=device) + 0.5) * STRIDE
    return torch.stack((columns.expand(height, -1), rows.unsqueeze(1).expand(-1, width)), dim=-1)


def stays(boxes: Tensor, labels: Tensor, overlap: float) -> Tensor:
    """Non-maximum suppression: which boxes overlap no better box of their class that stays itself.

    Shapes:
        boxes: `(N, K, 4)`, the best first.
        labels: `(N, K)`.
        result: `(N, K)` bool.
    """
    rivals = pairwise_iou(boxes, boxes) > overlap
    rivals &= labels.unsqueeze(2) == labels.unsqueeze(1)
    rivals = rivals.triu(diagonal=1)  # each box against the worse ones
    kept = torch.ones_like(labels, dtype=torch.bool)
    for rank in range(boxes.shape[1]):  # in turn: what does not stay suppresses nobody
        kept = kept & ~(rivals[:, rank] & kept[:, rank : rank + 1])
    return kept


def areas(boxes: Tensor) -> Tensor:
    """Width by height, `(...)` of `(..., 4)`; 0 where edges are out of order."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(dim=-1)


def pairwise_iou(left: Tensor, right: Tensor) -> Tensor:
    """Intersection over union of each of `(N, A, 4)` with each of `(N, B, 4)`: `(N, A, B)`."""
    left, right = left.unsqueeze(2), right.unsqueeze(1)
    shared = areas(torch.cat((left[..., :2].maximum(right[..., :2]), left[..., 2:].minimum(right[..., 2:])), dim=-1))
    return shared / (areas(left) + areas(right) - shared).clamp(min=1e-9)


def generalized_iou(left: Tensor, right: Tensor) -> Tensor:
    """Intersection over union, less the part of the smallest box around both that neither covers: in `(-1, 1]`.

    It still tells how far apart boxes are that do not touch (Rezatofighi et al. 2019, arXiv:1902.09630).

    Shapes:
        left, right: `(..., 4)`.
        result: `(...)`.
    """
    shared = areas(torch.cat((left[..., :2].maximum(right[..., :2]), left[..., 2:].minimum(right[..., 2:])), dim=-1))
    around = areas(torch.cat((left[..., :2].minimum(right[..., :2]), left[..., 2:].maximum(right[..., 2:])), dim=-1))
    union = (areas(left) + areas(right) - shared).clamp(min=1e-9)
    around = around.clamp(min=1e-9)
    return shared / union - (around - union) / around
