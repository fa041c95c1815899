"""The losses and the distance are what they should be."""

import math

import pytest
import torch
from project_name.task import SCORE, discriminator_loss, generator_loss, make_metrics


def test_losses_are_cross_entropies() -> None:
    """At a score of 0, which is a probability of one half, log 2 for each half; sure and right, nothing."""
    zero, sure = torch.zeros(4), torch.full((4,), 50.0)
    assert float(discriminator_loss(zero, zero)) == pytest.approx(2 * math.log(2))
    assert float(discriminator_loss(sure, -sure)) == pytest.approx(0, abs=1e-6)
    assert float(generator_loss(-sure)) == pytest.approx(50)  # and has a slope there


def test_nearer_images_score_higher() -> None:
    """The score grows as the images come nearer; a last batch of one image is passed over."""
    torch.manual_seed(0)
    real = torch.randn(40, 1, 8, 8)
    scores: list[float] = []
    for distance in (2.0, 0.5, 0.0):
        metrics = make_metrics({"channels": 1, "image_size": 8}, torch.device("cpu"))
        metrics["mmd"].update((torch.randn(40, 1, 8, 8) + distance, real))
        metrics["mmd"].update((real[:1], real[:1]))
        scores.append(float(metrics[SCORE].compute()))
    assert scores == sorted(scores)
    assert scores[0] < -0.15 < scores[2]
