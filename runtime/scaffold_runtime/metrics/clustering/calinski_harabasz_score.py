"""The Calinski-Harabasz score."""

from ..machinery.clustering.clustered_features import ClusteringMetric, Clusters


class CalinskiHarabaszScore(ClusteringMetric):
    r"""Variation between clusters by variation within them, also known as the variance ratio criterion.

    $$\frac{\sum_k n_k \lVert c_k - c \rVert^2 / (K - 1)}{\sum_k \sum_{i \in k} \lVert x_i - c_k \rVert^2 / (N - K)}$$

    $c_k$ are the clusters' centroids, $c$ that of all samples. See `ClusteringMetric` for the arguments.

    Shapes:
        features: `(N, D)`.
        labels: `(N,)` int, any number for each cluster.
        result: float in `[0, ∞)`, higher is better; 1 where nothing varies within clusters, as in scikit-learn; NaN
            for a single cluster, or as many as there are samples.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> score = CalinskiHarabaszScore()
        >>> score.update((torch.tensor([[0.0], [1.0], [10.0], [11.0]]), torch.tensor([0, 0, 1, 1])))
        >>> score.compute()
        200.0

    References:
        Calinski and Harabasz, A Dendrite Method for Cluster Analysis, 1974.
    """

    def score(self, clusters: Clusters) -> float:
        """The ratio."""
        clusters = clusters.about_mean()
        centroids = clusters.centroids()
        between = (clusters.sizes * centroids.square().sum(1)).sum().item()
        within = (clusters.features - centroids[clusters.members]).square().sum().item()
        if within == 0:
            return 1.0
        num_clusters = len(clusters.sizes)
        return between * (len(clusters.features) - num_clusters) / (within * (num_clusters - 1))
