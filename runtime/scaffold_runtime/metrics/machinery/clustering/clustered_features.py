"""What metrics of clusterings take: the features and the cluster of every sample."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack, cast

import torch
from torch import Tensor

from ....exceptions import NotComputableError
from ...metric import Metric, MetricOptions, identity
from ..unchecked import warn_unchecked


@dataclass(frozen=True)
class Clusters:
    """Samples and their clusters.

    Args:
        features: `(N, D)` in double precision.
        members: `(N,)`, the index of each sample's cluster.
        sizes: `(K,)`, the number of samples of each cluster.
    """

    features: Tensor
    members: Tensor
    sizes: Tensor

    def about_mean(self) -> Clusters:
        """The same samples with zero at the mean of all, where squares lose least."""
        return replace(self, features=self.features - self.features.mean(0))

    def sums(self, values: Tensor) -> Tensor:
        """Sums of samples' values, `(N, ...)`, over each cluster, `(K, ...)`."""
        return values.new_zeros(len(self.sizes), *values.shape[1:]).index_add_(0, self.members, values)

    def centroids(self) -> Tensor:
        """The mean features of each cluster, `(K, D)`."""
        return self.sums(self.features) / self.sizes.unsqueeze(1)


class ClusteringMetric(Metric):
    """Base of metrics of a clustering; they keep all features until `reset`.

    Args:
        output_transform: as in `Metric`; a mapping's entries are "features" and "labels".
        check_compute_fn: there is nothing to be checked.
        options: as in `Metric`.
    """

    required_output_keys = ("features", "labels")

    _features: list[Tensor]
    _labels: list[Tensor]

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        check_compute_fn: bool = False,
        **options: Unpack[MetricOptions],
    ) -> None:
        warn_unchecked(check_compute_fn)
        super().__init__(output_transform, **options)
        self.add_state("_features", [], reduce="cat")
        self.add_state("_labels", [], reduce="cat")

    @abstractmethod
    def score(self, clusters: Clusters) -> float:
        """The value, of two clusters or more and fewer than there are samples."""

    def update(self, output: Sequence[Tensor]) -> None:
        """Keeps a copy of a batch `(features, labels)`.

        Raises:
            ValueError: the shapes do not go together, or with those before, or labels are no integers.
        """
        features, labels = self.take_pair(output)
        if features.ndim != 2 or features.shape[:1] != labels.shape:
            raise ValueError(
                f"`features` and `labels` should be (N, D) and (N,), got {tuple(features.shape)} and "
                f"{tuple(labels.shape)}. Flatten the features of a sample in an `output_transform`."
            )
        if self._features and self._features[0].shape[1] != features.shape[1]:
            raise ValueError(
                f"`features` have changed from {self._features[0].shape[1]} for a sample to {features.shape[1]}. "
                "Call `reset` between."
            )
        if labels.is_floating_point():
            raise ValueError(f"`labels` should be integers, one for each cluster, got {labels.dtype}.")
        self._features.append(features.to(torch.promote_types(features.dtype, torch.float32), copy=True))
        self._labels.append(labels.to(torch.int64, copy=True))

    def compute(self) -> float:
        """The value; NaN where all samples are in one cluster, or each in its own."""
        if sum(part.shape[0] for part in self._features) == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        features = torch.cat(self._features).to(self.double_dtype)
        members, sizes = _numbered(torch.cat(self._labels))
        if not 2 <= len(sizes) < len(features):
            return float("nan")
        return self.score(Clusters(features, members, sizes))


def _numbered(labels: Tensor) -> tuple[Tensor, Tensor]:
    """For each sample the index of its label among those that occur, and how often each of them does."""
    _, indices, counts = cast(
        tuple[Tensor, Tensor, Tensor], torch.unique(labels, return_inverse=True, return_counts=True)
    )
    return indices, counts
