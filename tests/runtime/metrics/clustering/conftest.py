"""Batches of clustered samples."""

import pytest
import torch


@pytest.fixture
def draw_clusters(draw):
    """Batches of samples in clusters that overlap, with labels that are not 0, 1, 2; and all of them."""

    def draw_clusters(dtype=torch.float32, *, mean=0.0, labels=(7, -1, 40, 3), sizes=(20, 20, 20, 5), num_features=3):
        labels = torch.tensor(labels)
        centres = mean + torch.randn(len(labels), num_features, generator=draw, dtype=torch.float64)
        batches = []
        for n in sizes:
            members = torch.randint(len(labels), (n,), generator=draw)
            noise = torch.randn(n, num_features, generator=draw, dtype=torch.float64)
            batches.append(((centres[members] + 0.7 * noise).to(dtype), labels[members]))
        features, found = (torch.cat(parts) for parts in zip(*batches, strict=True))
        return batches, features.double().numpy(), found.numpy()

    return draw_clusters
