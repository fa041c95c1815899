"""MultiLabelConfusionMatrix."""

from functools import partial

import pytest
import torch
from sklearn.metrics import multilabel_confusion_matrix

from scaffold_runtime.metrics import MultiLabelConfusionMatrix


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("dtype", [torch.int64, torch.float16])
def test_labels(contract, draw, normalized, dtype):
    """It is scikit-learn's; label 2 never occurs."""
    batches = [
        (torch.randint(2, (n, 3), generator=draw).to(dtype), torch.randint(2, (n, 3), generator=draw))
        for n in (9, 9, 4)
    ]
    for _, y in batches:
        y[:, 2] = 0
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = torch.as_tensor(multilabel_confusion_matrix(y.numpy(), p.long().numpy()))
    contract(
        partial(MultiLabelConfusionMatrix, 3, normalized=normalized),
        batches,
        expected / 22 if normalized else expected,
    )


def test_images_with_unknown_labels(contract, draw):
    """Each pixel is a sample, and what is unknown of it does not count."""
    batches = [(torch.rand(2, 3, 4, generator=draw), torch.randint(-1, 2, (2, 3, 4), generator=draw)) for _ in range(3)]
    p, y = (torch.cat([part.movedim(1, -1).reshape(-1, 3) for part in parts]) for parts in zip(*batches, strict=True))
    expected = [[[((y[:, c] == t) & ((p[:, c] > 0.5) == q)).sum() for q in (0, 1)] for t in (0, 1)] for c in range(3)]
    contract(partial(MultiLabelConfusionMatrix, 3, ignore_index=-1), batches, torch.tensor(expected))


def test_wrong_input():
    """Too few classes, others than announced, and data without labels are refused."""
    with pytest.raises(ValueError, match=r"^`num_classes` should be at least 2, got 1\.$"):
        MultiLabelConfusionMatrix(1)
    matrix = MultiLabelConfusionMatrix(3)
    with pytest.raises(ValueError, match=r"^`y_pred` should be \(N, 3, \.\.\.\), got 4 labels\.$"):
        matrix.update((torch.zeros(2, 4), torch.zeros(2, 4)))
    matrix.update((torch.ones(2, 3), torch.ones(2, 3)))
    assert matrix.compute().tolist() == [[[0, 0], [0, 2]]] * 3, "a refused batch counts"
    with pytest.raises(ValueError, match=r"^Multilabel data should be .* got \(2,\) and \(2,\)\.$"):
        MultiLabelConfusionMatrix(3).update((torch.zeros(2), torch.zeros(2)))
