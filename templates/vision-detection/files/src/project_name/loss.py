"""What is learned: each cell near the middle of an object says its class, and where its edges are.

As in FCOS (Tian et al. 2019, arXiv:1904.01355), with one output for objects of all sizes (as CenterNet has it, Zhou et
al. 2019, arXiv:1904.07850), and with cells near the middle only, which makes its centre-ness superfluous.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .boxes import STRIDE, areas, cell_centres, generalized_iou, to_boxes

NEAR = 1.5 * STRIDE  # pixels; cells whose centre is nearer to that of an object, in x and in y, learn to see it
ALPHA, GAMMA = 0.25, 2.0  # of the focal loss, as published


class DetectionLoss(nn.Module):
    """Focal loss of the classes plus one minus the generalized IoU of the boxes; the mean over images.

    Both are sums over cells divided by how many of the image's cells see an object.

    Shapes:
        outputs: `(N, C + 4, H, W)` float, see `boxes.py`.
        targets: `(N, M, 5)` float, a row for each object: its box in pixels, and its class; -1 where there is none.
        result: `()`.
    """

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of a batch."""
        outputs = outputs.float()  # sums over an image's cells need more than half precision
        boxes, labels = assign(targets, *outputs.shape[2:])
        seen = (labels >= 0).float()  # (N, H, W)
        num_classes = outputs.shape[1] - 4
        one_hot = functional.one_hot(labels.clamp(min=0), num_classes) * seen.unsqueeze(-1)
        class_loss = focal_loss(outputs[:, :-4], one_hot.movedim(-1, 1)).sum(dim=(1, 2, 3))
        box_loss = ((1 - generalized_iou(to_boxes(outputs), boxes)) * seen).sum(dim=(1, 2))
        return ((class_loss + box_loss) / seen.sum(dim=(1, 2)).clamp(min=1)).mean()


def assign(targets: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """The object that each cell of an output of that size shall see: the smallest of those whose middle is near.

    Shapes:
        targets: `(N, M, 5)`, as in `DetectionLoss`.
        result: boxes `(N, H, W, 4)` in pixels, and classes `(N, H, W)` int64, -1 for a cell that shall see none.
    """
    boxes, labels = targets[..., :4], targets[..., 4].long()
    centres = cell_centres(height, width, device=targets.device).unsqueeze(2)  # (H, W, 1, 2)
    boxes = boxes[:, None, None]  # (N, 1, 1, M, 4)
    away = (centres - (boxes[..., :2] + boxes[..., 2:]) / 2).abs()  # (N, H, W, M, 2)
    inside = (centres > boxes[..., :2]) & (centres < boxes[..., 2:])
    # The cell that the middle is in counts, too, where an object is so small that it holds no cell's centre.
    good = ((away < NEAR) & inside).all(dim=-1) | (away <= STRIDE / 2).all(dim=-1)
    good &= (labels >= 0)[:, None, None]
    size = areas(boxes).expand(good.shape).masked_fill(~good, float("inf"))
    smallest = size.argmin(dim=-1)  # (N, H, W)
    chosen = targets.gather(1, smallest.flatten(1).unsqueeze(2).expand(-1, -1, 5)).unflatten(1, (height, width))
    return chosen[..., :4], chosen[..., 4].long().masked_fill(~good.any(dim=-1), -1)


def focal_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy that hardly counts what is right already, as most cells are, which see nothing.

    Lin et al. 2017, arXiv:1708.02002. `scores` and `targets` of one shape, which is that of the result.
    """
    entropy = functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
    right = torch.exp(-entropy)  # the probability of what is true
    weight = targets * ALPHA + (1 - targets) * (1 - ALPHA)
    return weight * (1 - right) ** GAMMA * entropy
