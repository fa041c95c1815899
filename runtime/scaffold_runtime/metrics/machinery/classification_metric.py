"""What metrics of labels have in common: they read a batch as labels, and it may not change its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from ..metric import Metric, MetricOptions, identity
from .labels import Form, Labels


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
        # A text, because the hash of a text is remembered.
        self._reading = f"labels, {is_multilabel=}, {ignore_index=}, device={options.get('device')}"
        self._form: Form | None = None  # of the batches since `reset`
        super().__init__(output_transform, **options)

    def reset(self) -> None:
        """Forgets all batches, and of what kind they were."""
        super().reset()
        self._form = None

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes up saved states, of batches of any kind."""
        super().load_state_dict(state_dict)
        self._form = None

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
        labels: Labels | None = None if cache is None else cache.results.get(self._reading)
        if labels is None or labels.output is not output:
            device = self._device
            y_pred, y = self.take_pair(output)
            if labels is None or labels.y_pred is not y_pred or labels.y is not y:
                form = self._form if device is self._device else None  # it has moved to where the batch is
                labels = Labels(y_pred, y, self._is_multilabel, self._ignore_index, form)
                labels.output = output
        if cache is not None and cache.is_open:
            cache.labels = cache.results[self._reading] = labels
        if labels.form is not self._form:
            self._take_form(labels.form, labels)
        if self._check_values:
            labels.check_values()
        return labels

    def update(self, output: Sequence[Tensor]) -> None:
        """Counts a batch `(y_pred, y)`."""
        cache = self.batch_cache
        labels: Labels | None = None if cache is None else cache.labels
        if labels is None or labels.output is not output or labels.form is not self._form or self._check_values:
            labels = self.read(output)
        try:
            self.count(labels)
        except IndexError:  # on the CPU: a target is no class
            labels.check_values()
            raise

    def count(self, labels: Labels) -> None:
        """Counts the labels of a batch: what a subclass has to say, unless it has an `update` of its own."""
        raise NotImplementedError(f"{type(self).__name__} has neither an `update` nor a `count`.")

    def begin(self, labels: Labels) -> None:
        """Called with the first batch since `reset` or `load_state_dict`."""

    def _take_form(self, form: Form, labels: Labels) -> None:
        if form.device != self._device:  # another metric, which read them, has moved
            self._move(form.device)
        last = self._form
        if last is None:
            self.begin(labels)
        elif form.kind != last.kind:
            raise RuntimeError(f"The data has changed from {last.kind} to {form.kind}. Call `reset` between.")
        elif form.num_classes != last.num_classes:
            raise ValueError(f"Classes changed from {last.num_classes} to {form.num_classes}. Call `reset` between.")
        self._form = form
