"""Logits as rows, and entropies."""

import pytest
import torch

from scaffold_runtime.metrics import Entropy, JSDivergence, KLDivergence, MutualInformation
from scaffold_runtime.metrics.machinery.class_distributions import class_rows


def test_rows():
    """Each row is a sample's, or a place's, in single precision at least."""
    logits = torch.arange(24, dtype=torch.float16).reshape(2, 3, 4)
    rows = class_rows(logits)
    assert rows.dtype == torch.float32
    assert rows.tolist() == [logits[sample, :, place].tolist() for sample in range(2) for place in range(4)]


@pytest.mark.parametrize("metric", [Entropy, MutualInformation, KLDivergence, JSDivergence])
def test_no_classes(metric):
    """Logits without an axis of classes are refused."""
    with pytest.raises(
        ValueError,
        match=r"^Logits should be \(N, C\) or \(N, C, \.\.\.\), got \(3,\)\. Stack them in an `output_transform`\.$",
    ):
        metric().update((torch.zeros(3), torch.zeros(3)))
