"""Predictions and targets of a classification batch, brought to one form: flat class indices.

Shapes and dtypes decide what a batch is; values are looked at on request only, because reading one
would make the host wait for the device. What several metrics need is computed on first use and kept
for the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import torch
from torch import Tensor

Kind = Literal["binary", "multiclass", "multilabel"]

THRESHOLD = 0.5
"""Above it a probability means yes; values that are already 0 and 1 pass unchanged."""


class _OnFirstUse:
    """What is read of a batch when it is asked for, and then an attribute like others: no call a second time."""

    def __init__(self, read: Callable[[Any], Tensor]) -> None:
        self._read = read
        self._name = read.__name__

    def __get__(self, labels: Any, owner: type) -> Tensor:
        value = labels.__dict__[self._name] = self._read(labels)
        return value


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

    Attributes:
        kind: what the shapes say.
        num_classes: C; 2 of binary data.
        y_pred, y: the batch itself.
        device: where it is.
        num_kept: samples that are not ignored; where some may be, only the device knows.
        target: class indices `(N * ...,)`, booleans `(N * ..., C)` of a multilabel batch; 0 where ignored.
        kept: what is not ignored, in the form of `target`; None where everything counts.

    Raises:
        ValueError: the shapes do not go together.

    Example:
        >>> labels = Labels(torch.tensor([[0.1, 0.9], [0.8, 0.2]]), torch.tensor([1, 1]))
        >>> labels.kind, labels.predicted.tolist(), labels.correct.tolist()
        ('multiclass', [1, 0], [True, False])
    """

    kind: Kind
    num_classes: int
    num_kept: int | Tensor
    target: Tensor
    kept: Tensor | None = None

    def __init__(self, y_pred: Tensor, y: Tensor, is_multilabel: bool = False, ignore_index: int | None = None) -> None:
        shape, self.device = y.shape, y.device
        self.kind, self.num_classes = _kind(y_pred.shape, shape, is_multilabel)
        self.y_pred, self.y, self._ignore_index = y_pred, y, ignore_index
        self._is_flat = len(shape) == 1
        self.target = _labels_last(y) != 0 if is_multilabel else _flat_classes(y, self._is_flat)
        if ignore_index is not None:
            self._ignore(ignore_index)
        elif self._is_flat:  # the usual case, and each look at a tensor costs as much as ten of these lines
            self.num_kept = shape[0]
        else:
            self.num_kept = shape.numel() // self.num_classes if is_multilabel else shape.numel()

    @_OnFirstUse
    def predicted(self) -> Tensor:
        """Class indices `(N * ...,)`; booleans `(N * ..., C)` of a multilabel batch, False where ignored."""
        if self.kind == "multiclass":
            classes = self.y_pred.argmax(1)
            return classes if self._is_flat else classes.reshape(-1)
        yes = self.y_pred > THRESHOLD
        if self.kind == "binary":
            return yes.reshape(-1).long()
        return _labels_last(yes) if self.kept is None else _labels_last(yes) & self.kept

    @_OnFirstUse
    def correct(self) -> Tensor:
        """Where prediction and target agree: `(N * ...,)`; of a multilabel batch, in all labels that are kept."""
        agree = self.predicted.eq(self.target)
        if self.kind == "multilabel":
            agree = agree.all(dim=1)
        return agree if self.kept is None else agree & self._kept_samples(self.kept)

    @_OnFirstUse
    def hits(self) -> Tensor:
        """`correct` as 0 and 1, to be counted by class."""
        return self.correct.long()

    @_OnFirstUse
    def ones(self) -> Tensor:
        """A one for each sample, and a 0 for each that is ignored, to be counted by class."""
        if self.kept is not None:
            return self.kept.long()
        if torch.compiler.is_compiling():  # which does without functions that keep their results, and says so
            return torch.ones_like(self.target)
        return _ones(self.target.shape[0], self.device)

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

    def _ignore(self, ignore_index: int) -> None:
        kept = self.y != ignore_index
        self.kept = _labels_last(kept) if self.kind == "multilabel" else kept.reshape(-1)
        self.num_kept = self._kept_samples(self.kept).count_nonzero()
        # A 0 in place of a mask: a mask's result has a shape that only the device knows.
        self.target = self.target * self.kept

    def _kept_samples(self, kept: Tensor) -> Tensor:
        """Samples of which something is kept."""
        return kept.any(dim=1) if self.kind == "multilabel" else kept


def _kind(pred_shape: torch.Size, shape: torch.Size, is_multilabel: bool) -> tuple[Kind, int]:
    if is_multilabel:
        if pred_shape == shape and len(shape) > 1 and shape[1] > 1:
            return "multilabel", shape[1]
        raise ValueError(
            f"Multilabel data should be `y_pred` and `y` of one shape (N, C, ...) with C > 1, "
            f"got {tuple(pred_shape)} and {tuple(shape)}."
        )
    num_dims = len(shape)
    has_classes = 1 < len(pred_shape) == num_dims + 1 and pred_shape[0] == shape[0]
    if has_classes and (num_dims == 1 or pred_shape[2:] == shape[1:]):
        if pred_shape[1] > 1:
            return "multiclass", pred_shape[1]
        if pred_shape[1] == 1:
            return "binary", 2
    if pred_shape == shape and num_dims > 0:
        return "binary", 2
    raise ValueError(
        f"`y_pred` and `y` should be (N, C, ...) and (N, ...), or both (N, ...), "
        f"got {tuple(pred_shape)} and {tuple(shape)}."
    )


@lru_cache(maxsize=1)
def _ones(num_samples: int, device: torch.device) -> Tensor:
    # A single number, seen many times: it takes no room, and is kept over batches.
    return torch.ones((), dtype=torch.int64, device=device).expand(num_samples)


def _flat_classes(classes: Tensor, is_flat: bool) -> Tensor:
    flat = classes if is_flat else classes.reshape(-1)
    return flat if flat.dtype == torch.int64 else flat.long()


def _labels_last(tensor: Tensor) -> Tensor:
    return tensor if tensor.ndim == 2 else tensor.movedim(1, -1).reshape(-1, tensor.shape[1])
