"""Rates by class: a part of the samples that a class is about, by all of them, averaged over classes or not."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal, Unpack

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..metric import identity
from .batch_results import hits
from .classification_metric import ClassificationMetric, ClassificationOptions
from .labels import Labels

Average = Literal["macro", "micro", "weighted", "samples"]


class ClassRates(ClassificationMetric):
    """Base of `Precision`, `Recall` and `Specificity`: a subclass says what is right, and what it is a part of.

    Args:
        average: what becomes of the classes' values. False: one value for each class; of binary data
            that of class 1. None: one value for each class, of binary data too. "macro" or True: their
            mean. "weighted": their mean weighted by the classes' frequency. "micro": one value of all
            counts together. "samples": one value for each sample of multilabel data, then their mean.
        output_transform, options: as in `ClassificationMetric`.
    """

    considered: ClassVar[Literal["predicted", "target"]]
    """What right answers are a part of: the classes that were predicted, or those of the targets."""

    # None before the first batch.
    _right: Tensor
    _counted: Tensor
    _support: Tensor | None
    _sample_sum: Tensor
    _num_examples: int | Tensor
    _is_binary: int

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        average: bool | Average | None = False,
        is_multilabel: bool = False,
        **options: Unpack[ClassificationOptions],
    ) -> None:
        if not (average is None or isinstance(average, bool) or average in ("macro", "micro", "weighted", "samples")):
            raise ValueError(
                f"`average` should be None, a bool, 'macro', 'micro', 'weighted' or 'samples', got {average!r}."
            )
        self.average: bool | Average | None = "macro" if average is True else average
        super().__init__(output_transform, is_multilabel, **options)
        # By class: how many there are is known from the first batch.
        self.add_state("_right", None, reduce="sum")
        self.add_state("_counted", None, reduce="sum")
        self.add_state("_support", None, reduce="sum")
        self.add_state("_sample_sum", torch.tensor(0.0, dtype=torch.float64), reduce="sum")
        self.add_state("_num_examples", self.none_seen, reduce="sum")
        # A state too: a process without a batch has to know which result to give.
        self.add_state("_is_binary", 0, reduce="max")

    def parts(self, labels: Labels) -> tuple[Tensor, Tensor]:
        """Of multilabel data: which labels are right, and which those are a part of, `(N, C)` booleans."""
        return labels.predicted & labels.target, labels.target if self.considered == "target" else labels.predicted

    def count(self, labels: Labels) -> None:
        """Counts the labels of a batch.

        Raises:
            ValueError: `average="samples"` and the data is not multilabel; or, where the device says so, a target is
                no class.
        """
        self._num_examples += labels.num_kept
        if self._is_multilabel:
            self._count_labels(labels)
            return
        classes = labels.target if self.considered == "target" else labels.predicted
        self._right.index_add_(0, classes, hits(labels))
        self._counted.index_add_(0, classes, labels.ones)
        if self._support is not None:
            self._support.index_add_(0, labels.target, labels.ones)

    def compute(self) -> Tensor | float:
        """Right answers by all counted, averaged as chosen; 0 where nothing was counted."""
        if self._num_examples == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        if self.average == "samples":
            return self._sample_sum.item() / int(self._num_examples)
        if self.average == "micro":
            return ratio(self._right.sum(), self._counted.sum()).item()
        rates = ratio(self._right, self._counted)
        if self.average == "macro":
            return rates.mean().item()
        if self._support is not None:
            return (rates @ self._support.to(rates.dtype) / self._support.sum().clamp(min=1)).item()
        return rates[1].item() if self.average is False and self._is_binary else rates

    def begin(self, labels: Labels) -> None:
        """Makes room for the classes, unless loaded states have it."""
        self._is_binary = labels.kind == "binary"
        if self.average == "samples":
            if not self._is_multilabel:
                raise ValueError(f"`average='samples'` is for multilabel data, got {labels.kind} data.")
        elif self.state_values()["_right"] is None:
            with torch.inference_mode(False):  # what is made within it could not be written to outside of it
                zeros = torch.zeros(labels.num_classes, dtype=torch.int64, device=self.device)
                self._right, self._counted = zeros, zeros.clone()
                self._support = zeros.clone() if self.average == "weighted" else None

    def _count_labels(self, labels: Labels) -> None:
        right, counted = self.parts(labels)
        if self.average == "samples":
            self._sample_sum.add_(ratio(right.sum(1), counted.sum(1)).sum())
            return
        self._right.add_(right.sum(0))
        self._counted.add_(counted.sum(0))
        if self._support is not None:
            self._support.add_(labels.target.sum(0))


def ratio(part: Tensor, whole: Tensor) -> Tensor:
    """`part / whole`, 0 where there is no whole; in double precision where the device has it."""
    dtype = torch.float32 if part.device.type == "mps" else torch.float64
    return part.to(dtype) / whole.clamp(min=1)
