"""Augmentation changes the light of a scene, and moves nothing."""

import torch
from project_name.changes import change

STEPS = torch.linspace(0, 1, 64).view(1, 8, 8)


def test_brighter_stays_brighter() -> None:
    """Black and white stay; what lies between is brighter or darker, in the same order."""
    torch.manual_seed(0)
    seen = torch.stack([change(STEPS, "light").flatten() for _ in range(50)])
    assert torch.equal(seen[:, [0, -1]], STEPS.flatten()[[0, -1]].expand(50, 2))
    assert (seen.diff(dim=1) > 0).all()
    assert seen[:, 32].min() < 0.45 < 0.55 < seen[:, 32].max()


def test_strong_adds_noise() -> None:
    """Neighbours that were in order are so no longer; all stay within [0, 1]."""
    torch.manual_seed(0)
    seen = torch.stack([change(STEPS, "strong").flatten() for _ in range(50)])
    assert (seen.diff(dim=1) < 0).any()
    assert (seen.min(), seen.max()) >= (torch.tensor(0.0), torch.tensor(0.5))
    assert seen.max() <= 1
