"""What is learned: the class of each pixel, and that each class's pixels together are those of the target."""

from torch import Tensor, nn
from torch.nn import functional

IGNORED = 255
"""The class of pixels of which nobody has said what they are."""


class SegmentationLoss(nn.Module):
    r"""Cross-entropy of the pixels plus one minus the Dice coefficient of the classes; the mean over images.

    $$L = \text{CE} + 1 - \frac1C \sum_c \frac{2\sum_i p_{ci} t_{ci} + 1}{\sum_i p_{ci} + \sum_i t_{ci} + 1}$$

    Cross-entropy counts pixels, of which most may be ground; the second part counts classes (Milletari, Navab and
    Ahmadi 2016, arXiv:1606.04797). Images count alike, so that the loss of a batch is the mean of its images' losses.

    Shapes:
        scores: `(N, C, H, W)` float.
        targets: `(N, H, W)` int64, classes in `[0, C)`; pixels that are `IGNORED` do not count.
        result: `()`.
    """

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """The loss of a batch."""
        scores = scores.float()  # sums over an image's pixels need more than half precision
        known = (targets != IGNORED).float().unsqueeze(1)
        entropy = functional.cross_entropy(scores, targets, ignore_index=IGNORED, reduction="none")
        entropy = entropy.sum(dim=(1, 2)) / known.sum(dim=(1, 2, 3)).clamp(min=1)

        classes = targets.where(targets != IGNORED, 0)
        one_hot = functional.one_hot(classes, scores.shape[1]).movedim(-1, 1) * known  # (N, C, H, W)
        probabilities = scores.softmax(dim=1) * known
        overlap = (probabilities * one_hot).sum(dim=(2, 3))
        dice = (2 * overlap + 1) / (probabilities.sum(dim=(2, 3)) + one_hot.sum(dim=(2, 3)) + 1)
        return (entropy + 1 - dice.mean(dim=1)).mean()
