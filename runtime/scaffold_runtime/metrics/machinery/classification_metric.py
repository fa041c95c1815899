"""What metrics of labels have in common: they read a batch as labels, and it may not change its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from ..metric import Metric, MetricOptions, identity
from .attachment import BatchCache, SplitUpdate
from .labels import Kind, Labels
from .outputs import wrong_batch


class ClassificationOptions(MetricOptions, total=False):
    """What every metric of labels takes beside its own arguments; `ClassificationMetric` says what it is."""

    check_values: bool
    ignore_index: int | None


class ClassificationMetric(Metric):
    """Base of metrics that compare predicted with true classes.

    Args:
        is_multilabel: axis 1 counts labels of which any number may be set.
        check_values: look at the values of each batch, too; the host waits for the device then.
        ignore_index: what `y` holds where nothing is known; such samples, or such labels of a multilabel sample, are
            left out.
        output_transform, options: as in `Metric`.
    """

    _kind: Kind | None
    _num_classes: int

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        is_multilabel: bool = False,
        *,
        check_values: bool = False,
        ignore_index: int | None = None,
        **options: Unpack[MetricOptions],
    ) -> None:
        self._is_multilabel = is_multilabel
        self._ignore_index = ignore_index
        self._check_values = check_values
        super().__init__(output_transform, **options)

    def reset(self) -> None:
        """Forgets all batches, and of what kind they were."""
        super().reset()
        self._kind = None
        self._num_classes = 0

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes up saved states, of batches of any kind."""
        super().load_state_dict(state_dict)
        self._kind = None
        self._num_classes = 0

    @property
    def none_seen(self) -> int | Tensor:
        """What a count of samples starts from: where some are ignored, it is counted on the device."""
        return 0 if self._ignore_index is None else torch.tensor(0)

    def read(self, output: Sequence[Tensor]) -> Labels:
        """The batch as labels.

        Raises:
            ValueError: the shapes or, where they are checked, the values do not go together; or the number of
                classes has changed.
            RuntimeError: the kind of data has changed.
        """
        cache = self.batch_cache
        labels = self._read_alone(output) if cache is None or not cache.is_open else self._read_once(output, cache)
        self._check(labels)
        return labels

    def update(self, output: Sequence[Tensor]) -> None:
        """Counts a batch `(y_pred, y)`."""
        self.count(self.read(output))

    def count(self, labels: Labels) -> None:
        """Counts the labels of a batch: what a subclass has to say, unless it has an `update` of its own."""
        raise NotImplementedError(f"{type(self).__name__} has neither an `update` nor a `count`.")

    def split_update(self) -> SplitUpdate | None:
        """Reads labels for all metrics that take the same."""
        if type(self).update is not ClassificationMetric.update:
            return None
        device = None if self._follows_batches else self._device
        return SplitUpdate((Labels, self._is_multilabel, self._ignore_index, device), self._read_alone, self._take)

    def reads_like(self, other: ClassificationMetric) -> bool:
        """Whether the other metric takes the same labels from a batch."""
        return (self._is_multilabel, self._ignore_index) == (other._is_multilabel, other._ignore_index)

    def begin(self, labels: Labels) -> None:
        """Called with the first batch since `reset` or `load_state_dict`."""

    def _read_alone(self, output: Sequence[Tensor]) -> Labels:
        return Labels(*self.take_pair(output), self._is_multilabel, self._ignore_index)

    def _read_once(self, output: Sequence[Tensor], cache: BatchCache) -> Labels:
        try:
            y_pred, y = output
        except (TypeError, ValueError) as error:
            raise wrong_batch(output, "y_pred", "y") from error
        key = (Labels, id(y_pred), id(y), self._is_multilabel, self._ignore_index)
        # By what comes and where it goes: a copy to another device is made once, too.
        found = cache.results.get((*key, self._device))
        if found is None:
            labels = self._read_alone(output)  # may move the metric to the batch's device
            found = cache.results[*key, self._device] = (labels, (y_pred, y))
        return found[0]

    def _take(self, labels: Labels) -> None:
        if labels.device != self._device:
            self._move(labels.device)
        self._check(labels)
        self.count(labels)

    def _check(self, labels: Labels) -> None:
        if labels.kind != self._kind or labels.num_classes != self._num_classes:
            self._take_kind(labels)
        if self._check_values:
            labels.check_values()

    def _take_kind(self, labels: Labels) -> None:
        if self._kind is None:
            self.begin(labels)
            self._kind, self._num_classes = labels.kind, labels.num_classes
        elif labels.kind != self._kind:
            raise RuntimeError(f"The data has changed from {self._kind} to {labels.kind}. Call `reset` between.")
        else:
            raise ValueError(
                f"The number of classes has changed from {self._num_classes} to {labels.num_classes}. "
                "Call `reset` between."
            )
