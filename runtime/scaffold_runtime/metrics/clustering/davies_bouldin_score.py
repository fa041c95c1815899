"""The Davies-Bouldin score."""

import torch

from ..machinery.clustering.clustered_features import ClusteringMetric, Clusters


class DaviesBouldinScore(ClusteringMetric):
    r"""Mean over clusters of their likeness to the cluster that is most like them.

    $$\frac{1}{K} \sum_{k=1}^{K} \max_{l \ne k} \frac{s_k + s_l}{\lVert c_k - c_l \rVert}$$

    $s_k$ is the mean distance of a cluster's samples from its centroid $c_k$. See `ClusteringMetric` for the arguments.

    Shapes:
        features: `(N, D)`.
        labels: `(N,)` int, any number for each cluster.
        result: float in `[0, ∞)`, lower is better; infinite where two clusters share a centroid, which
            scikit-learn ignores; NaN for a single cluster, or as many as there are samples.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> score = DaviesBouldinScore()
        >>> score.update((torch.tensor([[0.0], [1.0], [10.0], [11.0]]), torch.tensor([0, 0, 1, 1])))
        >>> score.compute()
        0.1

    References:
        Davies and Bouldin, A Cluster Separation Measure, 1979.
    """

    def score(self, clusters: Clusters) -> float:
        """The mean."""
        clusters = clusters.about_mean()
        centroids = clusters.centroids()
        deviations = (clusters.features - centroids[clusters.members]).square().sum(1).sqrt()
        spreads = clusters.sums(deviations) / clusters.sizes
        distances = torch.cdist(centroids, centroids, compute_mode="donot_use_mm_for_euclid_dist")
        distances.fill_diagonal_(float("inf"))
        likeness = ((spreads.unsqueeze(1) + spreads) / distances).masked_fill_(distances == 0, float("inf"))
        return likeness.amax(1).mean().item()
