"""Calibration errors: how far confidence is from being right."""

from collections.abc import Callable
from typing import Any, Literal, Unpack

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.batch_results import hits
from .machinery.classification_metric import ClassificationMetric
from .machinery.labels import Labels
from .metric import MetricOptions, identity

Norm = Literal["l1", "l2", "max"]

TOLERANCE = 1e-3
"""How far outside of [0, 1] a probability may lie."""


class CalibrationError(ClassificationMetric):
    r"""Difference of confidence and accuracy, over bins of equal width of the confidence.

    With the share $b_i$ of the samples in bin $i$, their accuracy $a_i$ and their mean confidence $c_i$:

    $$\text{ECE} = \sum_i b_i |a_i - c_i| \qquad \text{MCE} = \max_i |a_i - c_i| \qquad
    \text{RMSCE} = \sqrt{\sum_i b_i (a_i - c_i)^2}$$

    Only the bins are kept, so it is exact however many batches there are. A confidence of exactly 1 has a bin of its
    own, as in torchmetrics.

    Shapes:
        y_pred: `(N, C, ...)` probabilities, of which the largest is the confidence; or `(N, ...)`, those of class 1.
        y: `(N, ...)` int, class indices in `[0, C)`.
        result: float in `[0, 1]`, lower is better.

    Args:
        n_bins: into how many `[0, 1)` is cut.
        norm: "l1" gives the ECE, "max" the MCE, "l2" the RMSCE.
        ignore_index: as in `ClassificationMetric`.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: an argument is not as said above; or, in `compute`, a confidence was none.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> error = CalibrationError(n_bins=2)
        >>> error.update((torch.tensor([[0.25, 0.75], [0.75, 0.25]]), torch.tensor([1, 1])))
        >>> error.compute()
        0.25

    References:
        Guo et al., On calibration of modern neural networks, 2017, arXiv:1706.04599.
    """

    _num_samples: Tensor
    _num_right: Tensor
    _confidence: Tensor

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        n_bins: int = 15,
        norm: Norm = "l1",
        *,
        ignore_index: int | None = None,
        **options: Unpack[MetricOptions],
    ) -> None:
        if n_bins < 1:
            raise ValueError(f"`n_bins` should be at least 1, got {n_bins}.")
        if norm not in ("l1", "l2", "max"):
            raise ValueError(f"`norm` should be 'l1', 'l2' or 'max', got {norm!r}.")
        super().__init__(output_transform, False, ignore_index=ignore_index, **options)
        self.n_bins = n_bins
        self.norm: Norm = norm
        # One bin more on either side: for what lies below 0, and from 1 on.
        self.add_state("_num_samples", torch.zeros(n_bins + 2, dtype=torch.int64), reduce="sum")
        self.add_state("_num_right", torch.zeros(n_bins + 2, dtype=torch.int64), reduce="sum")
        self.add_state("_confidence", torch.zeros(n_bins + 2, dtype=torch.float64), reduce="sum")

    def count(self, labels: Labels) -> None:
        """Adds a batch to its bins."""
        y_pred = labels.y_pred
        is_binary = labels.kind == "binary"
        confidence = (y_pred if is_binary else y_pred.amax(1)).reshape(-1)
        if not confidence.is_floating_point() or confidence.dtype.itemsize < 4:
            confidence = confidence.float()
        edges = torch.linspace(0, 1, self.n_bins + 1, dtype=confidence.dtype, device=confidence.device)
        bins = (confidence.unsqueeze(1) >= edges).sum(1)  # XLA has no `bucketize`
        wide = confidence.to(self.double_dtype)
        # Of binary data, what class 1 is predicted with should be how often it is the target.
        self._num_right.index_add_(0, bins, labels.target if is_binary else hits(labels))
        self._num_samples.index_add_(0, bins, labels.ones)
        self._confidence.index_add_(0, bins, wide if labels.kept is None else torch.where(labels.kept, wide, 0))

    def compute(self) -> float:
        """The error, in the norm."""
        samples = self._num_samples.sum().item()
        if samples == 0:
            raise NotComputableError("CalibrationError has seen no sample. Call `update` before `compute`.")
        self._check_confidences()
        filled = self._num_samples > 0
        sizes = self._num_samples[filled].to(self.double_dtype)
        gaps = ((self._num_right[filled] - self._confidence[filled]) / sizes).abs()
        if self.norm == "max":
            return gaps.max().item()
        shares = sizes / samples
        return ((gaps * shares).sum() if self.norm == "l1" else (gaps.square() * shares).sum().sqrt()).item()

    def _check_confidences(self) -> None:
        below, above = self._confidence[0], self._confidence[-1] - self._num_samples[-1]
        # Rounding may leave [0, 1], logits leave it by far.
        if below < -TOLERANCE * self._num_samples[0] or above > TOLERANCE * self._num_samples[-1]:
            raise ValueError(
                "CalibrationError takes probabilities, and some lay outside of [0, 1]. "
                "Pass logits through a softmax or sigmoid in `output_transform`."
            )
