"""Predictions and targets of a classification batch, brought to one form: flat class indices.

Shapes and dtypes decide what a batch is; values are looked at on request only, because reading one
would make the host wait for the device. What nearly all metrics need is computed at once: for the small batches of
an evaluation each detour costs more than it saves.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Kind = Literal["binary", "multiclass", "multilabel"]

THRESHOLD = 0.5
"""Above it a probability means yes; values that are already 0 and 1 pass unchanged."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What a batch's shapes say, and stays from batch to batch: it is made anew when they change.

    Args:
        pred_shape, shape: of predictions and targets.
        device: where they are.
        kind: of the data.
        num_classes: C; 2 of binary data.
        num_samples: N * ...
        is_flat: there are no axes but those of samples and classes.
        ones: a one for each sample: a single number, seen many times.
    """

    pred_shape: torch.Size
    shape: torch.Size
    device: torch.device
    kind: Kind
    num_classes: int
    num_samples: int
    is_flat: bool
    ones: Tensor


class Labels:
    """One batch, read as labels.

    Shapes:
        binary: `y_pred` and `y` `(N, ...)`, or `y_pred` `(N, 1, ...)`; 0 and 1, or probabilities as `y_pred`.
        multiclass: `y_pred` `(N, C, ...)` scores; `y` `(N, ...)` class indices.
        multilabel: both `(N, C, ...)`; 0 and 1, or probabilities as `y_pred`.

    Args:
        y_pred: predictions.
        y: targets.
        is_multilabel: axis 1 counts labels of which any number may be set.
        ignore_index: what `y` holds where nothing is known; such samples, or such labels of a multilabel sample, are
            counted nowhere.
        form: of a batch before, on the same device; of this one too, unless its shapes are others.

    Attributes:
        form, kind, num_classes: of this batch.
        y_pred, y: the batch itself.
        output: what it was read of, where other metrics may be given the same.
        num_kept: samples that are not ignored; where some may be, only the device knows.
        predicted: class indices `(N * ...,)`; booleans `(N * ..., C)` of a multilabel batch, False where ignored.
        target: the same; 0 where ignored.
        correct: where both agree: `(N * ...,)`; of a multilabel batch, in all labels that are kept.
        kept: what is not ignored, in the form of `target`; None where everything counts.
        hits: `correct` as 0 and 1, once somebody has asked `batch_results.hits` for it.
        ones: a one for each sample, and a 0 for each that is ignored, to be counted by class.

    Raises:
        ValueError: the shapes do not go together.

    Example:
        >>> labels = Labels(torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1]))
        >>> labels.kind, labels.predicted.tolist(), labels.correct.tolist()
        ('multiclass', [1, 0], [True, False])
    """

    kept: Tensor | None = None
    output: object = None
    hits: Tensor | None = None

    def __init__(
        self,
        y_pred: Tensor,
        y: Tensor,
        is_multilabel: bool = False,
        ignore_index: int | None = None,
        form: Form | None = None,
    ) -> None:
        if form is None or form.shape != y.shape or form.pred_shape != y_pred.shape:
            form = form_of(y_pred, y, is_multilabel)
        self.y_pred, self.y, self.form, self._ignore_index = y_pred, y, form, ignore_index
        self.kind, self.num_classes = form.kind, form.num_classes
        self.num_kept: int | Tensor = form.num_samples
        self.ones = form.ones
        if is_multilabel:
            predicted, target = _labels_last(y_pred > THRESHOLD), _labels_last(y) != 0
        else:
            predicted = y_pred.argmax(1) if form.kind == "multiclass" else (y_pred > THRESHOLD).long()
            target = y if y.dtype == torch.int64 else y.long()
            if not form.is_flat:
                predicted, target = predicted.reshape(-1), target.reshape(-1)
        self.predicted, self.target = predicted, target
        if ignore_index is not None:
            self._ignore(_labels_last(y != ignore_index) if is_multilabel else (y != ignore_index).reshape(-1))
        self.correct = self.predicted.eq(self.target)
        if is_multilabel:
            self.correct = self.correct.all(dim=1)
        if self.kept is not None:
            self.correct = self.correct & self._kept_samples(self.kept)

    def check_values(self) -> None:
        """Looks at the values, which waits for the device.

        Raises:
            ValueError: a target is no class, or a binary prediction does not lie in [0, 1].
        """
        highest = 2 if self.kind != "multiclass" else self.num_classes
        known = self.y if self._ignore_index is None else self.y[self.y != self._ignore_index]
        if known.numel() == 0:
            return
        low, high = known.amin().item(), known.amax().item()
        if not (low >= 0 and high < highest):  # as NaN does not
            raise ValueError(f"Targets should lie in [0, {highest - 1}], got values from {low} to {high}.")
        if known.is_floating_point() and (known != known.floor()).any():
            raise ValueError("Targets should be classes, got numbers between. Round them in an `output_transform`.")
        low, high = self.y_pred.amin().item(), self.y_pred.amax().item()
        if self.kind != "multiclass" and not (low >= 0 and high <= 1):
            raise ValueError(
                f"Predictions of {self.kind} data should be 0 and 1, or probabilities, got values from {low} "
                f"to {high}. Pass logits through a sigmoid in `output_transform`."
            )

    def _ignore(self, kept: Tensor) -> None:
        self.kept = kept
        self.num_kept = self._kept_samples(kept).count_nonzero()
        self.ones = kept.long()
        # A 0 in place of a mask: a mask's result has a shape that only the device knows.
        self.target = self.target * kept
        if self.kind == "multilabel":
            self.predicted = self.predicted & kept

    def _kept_samples(self, kept: Tensor) -> Tensor:
        """Samples of which something is kept."""
        return kept.any(dim=1) if self.kind == "multilabel" else kept


def form_of(y_pred: Tensor, y: Tensor, is_multilabel: bool) -> Form:
    """What the shapes say.

    Raises:
        ValueError: they do not go together.
    """
    kind, num_classes = _kind(y_pred.shape, y.shape, is_multilabel)
    num_samples = y.shape.numel() // (num_classes if is_multilabel else 1)
    ones = torch.ones((), dtype=torch.int64, device=y.device).expand(num_samples)
    is_flat = y.ndim == 1 and y_pred.ndim == 1 + (kind == "multiclass")
    return Form(y_pred.shape, y.shape, y.device, kind, num_classes, num_samples, is_flat, ones)


def _kind(pred_shape: torch.Size, shape: torch.Size, is_multilabel: bool) -> tuple[Kind, int]:
    if is_multilabel:
        if pred_shape == shape and len(shape) > 1 and shape[1] > 1:
            return "multilabel", shape[1]
        raise ValueError(
            f"Multilabel data should be `y_pred` and `y` of one shape (N, C, ...) with C > 1, "
            f"got {tuple(pred_shape)} and {tuple(shape)}."
        )
    num_dims = len(shape)
    if num_dims > 0 and pred_shape == shape:
        return "binary", 2
    if len(pred_shape) == num_dims + 1 > 1 and pred_shape[1] > 0 and (pred_shape[0], *pred_shape[2:]) == shape:
        return ("multiclass", pred_shape[1]) if pred_shape[1] > 1 else ("binary", 2)
    raise ValueError(
        f"`y_pred` and `y` should be (N, C, ...) and (N, ...), or both (N, ...), "
        f"got {tuple(pred_shape)} and {tuple(shape)}."
    )


def _labels_last(tensor: Tensor) -> Tensor:
    return tensor if tensor.ndim == 2 else tensor.movedim(1, -1).reshape(-1, tensor.shape[1])
