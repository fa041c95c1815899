"""Any metric, by group: each group has a copy of it, which is updated with the group's samples."""

import copy
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar, Unpack, cast

import torch
from torch import Tensor

from ...exceptions import NotComputableError
from ..machinery.outputs import described, wrong_batch
from ..metric import Metric, MetricOptions, identity

GroupT = TypeVar("GroupT", bound=Hashable)


class SubgroupMetric(Metric):
    """The value of a metric for each group of samples.

    How many samples a group has, and so the shapes of what its metric gets, is known from labels only: they are read
    on the host. Leave them on the CPU, or give them as a list, and `update` does not wait for the device.

    Shapes:
        y_pred: `(N, ...)`, as `base_metric` takes it.
        y: `(N, ...)`, as `base_metric` takes it.
        group_labels: `(N,)`, or a list of N labels, which may be text. Samples of other groups are left out.
        result: the value for each group of which there was a sample, by group.

    Args:
        base_metric: what is computed; copied for each group. Its `output_transform` is left out.
        groups: the labels of the groups, each once.
        output_transform: as in `Metric`; gives `(y_pred, y, group_labels)`.

    Raises:
        TypeError: `base_metric` is no metric.
        ValueError: a group is named twice, or the numbers of samples and labels differ.
        NotComputableError: `compute` before the first sample of a group.

    Example:
        >>> from scaffold_runtime.metrics import Accuracy
        >>> metric = SubgroupMetric(Accuracy(), groups=["north", "south"])
        >>> metric.update((torch.tensor([1, 0, 1]), torch.tensor([1, 1, 1]), ["north", "north", "south"]))
        >>> metric.compute()
        {'north': 0.5, 'south': 1.0}
    """

    required_output_keys = ("y_pred", "y", "group_labels")

    def __init__(
        self,
        base_metric: Metric,
        groups: Sequence[Hashable],
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        if not isinstance(base_metric, Metric):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`base_metric` should be a metric, such as `Accuracy()`, got {base_metric!r}.")
        self._metrics = {group: copy.deepcopy(base_metric) for group in checked_groups(groups)}
        super().__init__(output_transform, **options)

    def members(self) -> Sequence[Metric]:
        """One metric for each group."""
        return list(self._metrics.values())

    def reset(self) -> None:
        """Resets each."""
        for metric in self._metrics.values():
            metric.reset()

    def update(self, output: tuple[Tensor, Tensor, Tensor | Sequence[Hashable]]) -> None:
        """Gives each metric the samples of its group in a batch `(y_pred, y, group_labels)`."""
        try:
            *pair, group_labels = output
        except TypeError as error:
            raise wrong_batch(output, "y_pred", "y", "group_labels") from error
        if len(pair) != 2:
            raise wrong_batch(output, "y_pred", "y", "group_labels")
        y_pred, y = self.take_pair(pair)
        labels = _on_host(group_labels)
        if not len(y_pred) == len(y) == len(labels):
            raise ValueError(
                "`y_pred`, `y` and `group_labels` should have as many samples, "
                f"got {len(y_pred)}, {len(y)} and {len(labels)}."
            )
        samples: dict[Hashable, list[int]] = {group: [] for group in self._metrics}
        for sample, label in enumerate(labels):
            if label in samples:
                samples[label].append(sample)
        for group, own in samples.items():
            if own:
                index = torch.tensor(own, device=self.device)
                self._metrics[group].update((y_pred.index_select(0, index), y.index_select(0, index)))

    def compute(self) -> Any:
        """The value for each group of which there was a sample."""
        values: dict[Hashable, Any] = {}
        for group, metric in self._metrics.items():
            try:
                values[group] = metric.compute()
            except NotComputableError:
                continue
        if not values:
            raise NotComputableError(
                f"{type(self).__name__} has seen no sample of a group. Call `update` before `compute`."
            )
        return values


class SubgroupDifference(SubgroupMetric):
    """The largest difference between two groups in the value of a metric; where it has several values, in any of them.

    See `SubgroupMetric` for how groups are told apart.

    Shapes:
        y_pred: `(N, ...)`, as `base_metric` takes it.
        y: `(N, ...)`, as `base_metric` takes it.
        group_labels: `(N,)`, or a list of N labels, which may be text. Samples of other groups are left out.
        result: float, 0 or more; lower is fairer.

    Args:
        base_metric: what is computed: a number, a tensor or a list of numbers; copied for each group. Its
            `output_transform` is left out.
        groups: the labels of the groups, each once.
        output_transform: as in `Metric`; gives `(y_pred, y, group_labels)`.
        device: as in `Metric`.

    Raises:
        ValueError: a group is named twice, or the numbers of samples and labels differ.
        TypeError: the metric's value is a mapping, or something else that is not numbers.
        NotComputableError: `compute` before there was a sample of each of two groups.

    Example:
        >>> from scaffold_runtime.metrics import Accuracy
        >>> metric = SubgroupDifference(Accuracy(), groups=["north", "south"])
        >>> metric.update((torch.tensor([1, 0, 1]), torch.tensor([1, 1, 1]), ["north", "north", "south"]))
        >>> metric.compute()
        0.5
    """

    def compute(self) -> float:
        """The largest difference."""
        values = list(super().compute().values())
        if len(values) < 2:
            raise NotComputableError(f"{type(self).__name__} compares two groups, and there are samples of one only.")
        if isinstance(values[0], Mapping):
            raise TypeError(
                f"{type(self).__name__} compares numbers, and its metric gives a mapping with the keys "
                f"{list(cast(Mapping[str, Any], values[0]))}. Pick one with `base_metric[key]`."
            )
        try:
            table = torch.stack([torch.as_tensor(value, dtype=torch.float64, device="cpu") for value in values])
        except (TypeError, ValueError) as error:  # text, or a curve
            raise TypeError(
                f"{type(self).__name__} compares numbers, and its metric gives {described(values[0])}."
            ) from error
        return (table.amax(0) - table.amin(0)).max().item()


def checked_groups(groups: Sequence[GroupT] | Tensor) -> list[GroupT]:
    """The groups.

    Raises:
        ValueError: there is none, or one is named twice.
    """
    # Tensors are equal to nothing but themselves.
    named = cast(list[GroupT], groups.tolist()) if isinstance(groups, Tensor) else list(groups)
    if len(named) == 0 or len(set(named)) < len(named):
        raise ValueError(f"`groups` should name each group once, got {named}.")
    return named


def _on_host(labels: Tensor | Sequence[Hashable]) -> Sequence[Hashable]:
    if not isinstance(labels, Tensor):
        return labels
    if labels.ndim != 1:
        raise ValueError(f"`group_labels` should be (N,), got {tuple(labels.shape)}.")
    return cast(list[Hashable], labels.tolist())
