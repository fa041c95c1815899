"""The silhouette score."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..machinery.clustering.clustered_features import ClusteringMetric, Clusters
from ..metric import identity

_TILE = 2**23  # distances held at once: 64 MiB of them


class SilhouetteScore(ClusteringMetric):
    r"""Mean over samples of how much nearer they are to their own cluster than to the next.

    $$\frac{1}{N} \sum_{i=1}^{N} \frac{b_i - a_i}{\max(a_i, b_i)}$$

    $a_i$ is the mean distance of a sample from the others of its cluster, $b_i$ the smallest mean distance from the
    samples of another one. A sample alone in its cluster counts 0. Takes time with the square of the number of
    samples, but no such memory: distances are made tile by tile.

    Shapes:
        features: `(N, D)`.
        labels: `(N,)` int, any number for each cluster.
        result: float in `[-1, 1]`, higher is better; NaN for a single cluster, or as many as there are samples.

    Args:
        output_transform: as in `Metric`; a mapping's entries are "features" and "labels".
        check_compute_fn: there is nothing to be checked.
        device: as in `Metric`.
        skip_unrolling: as in `Metric`.
        silhouette_kwargs: `{"metric": name}`, with "euclidean" (the default), "sqeuclidean", "cosine" or "manhattan".

    Raises:
        ValueError: `silhouette_kwargs` holds something else.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> score = SilhouetteScore()
        >>> score.update((torch.tensor([[0.0], [1.0], [10.0], [11.0]]), torch.tensor([0, 0, 1, 1])))
        >>> round(score.compute(), 4)
        0.8997

    References:
        Rousseeuw, Silhouettes: A Graphical Aid to the Interpretation and Validation of Cluster Analysis, 1987.
    """

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        check_compute_fn: bool = False,
        device: str | torch.device | None = None,
        skip_unrolling: bool = False,
        silhouette_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        asked = {"metric": "euclidean"} | dict(silhouette_kwargs or {})
        if set(asked) != {"metric"} or asked["metric"] not in _DISTANCES:
            raise ValueError(
                f"`silhouette_kwargs` should be a `metric` out of {list(_DISTANCES)}, got {silhouette_kwargs}."
            )
        super().__init__(output_transform, check_compute_fn, device=device, skip_unrolling=skip_unrolling)
        self._metric: str = asked["metric"]

    def score(self, clusters: Clusters) -> float:
        """The mean."""
        num_samples = len(clusters.features)
        if self._metric == "cosine":
            clusters = replace(clusters, features=normalize(clusters.features, dim=1))
        else:
            clusters = clusters.about_mean()
        tile = max(1, _TILE // num_samples)
        sums = [self._silhouettes(clusters, start, start + tile).sum() for start in range(0, num_samples, tile)]
        return torch.stack(sums).sum().item() / num_samples

    def _silhouettes(self, clusters: Clusters, start: int, end: int) -> Tensor:
        """The silhouettes of the samples from `start` to `end`."""
        distances = _DISTANCES[self._metric](clusters.features, clusters.features[start:end])
        # A sample's distance from itself is 0, but for the rounding of what it is made of.
        distances[start:end].fill_diagonal_(0)
        sums, own = clusters.sums(distances), clusters.members[start:end].unsqueeze(0)
        own_size = clusters.sizes[own]
        within = sums.gather(0, own) / (own_size - 1).clamp(min=1)
        between = (sums / clusters.sizes.unsqueeze(1)).scatter_(0, own, float("inf")).amin(0)
        silhouettes = (between - within) / torch.maximum(between, within)
        # Where all distances are 0, neither cluster is nearer.
        return silhouettes.masked_fill((own_size == 1) | (torch.maximum(between, within) == 0), 0)


def _squared(left: Tensor, right: Tensor) -> Tensor:
    return torch.cdist(left, right).square_()


def _cosine(left: Tensor, right: Tensor) -> Tensor:
    return 1 - left @ right.T


def _manhattan(left: Tensor, right: Tensor) -> Tensor:
    return torch.cdist(left, right, p=1)


_DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "euclidean": torch.cdist,
    "sqeuclidean": _squared,
    "cosine": _cosine,  # of features of length 1
    "manhattan": _manhattan,
}
