"""PrecisionRecallCurve."""

import pytest
import torch
from sklearn.metrics import precision_recall_curve

from scaffold_runtime.metrics import PrecisionRecallCurve


def _batches(draw, levels, dtype=torch.float32):
    return [
        (torch.randint(levels, (n,), generator=draw).to(dtype) / levels, torch.randint(2, (n,), generator=draw))
        for n in (8, 8, 8, 3)
    ]


@pytest.mark.parametrize(("levels", "dtype"), [(4, torch.float32), (1000, torch.float64), (5, torch.float16)])
def test_scores(contract, draw, levels, dtype):
    """It is scikit-learn's, with many ties and few, in half precision too."""
    batches = _batches(draw, levels, dtype)
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(PrecisionRecallCurve, batches, [part.copy() for part in precision_recall_curve(y, scores.double())])


def test_wrong_input():
    """Several scores for a sample are refused, and scores that have no order."""
    with pytest.raises(ValueError, match=r"^`y_pred` and `y` should be \(N,\) or \(N, 1\), got \(4, 2\) and \(4,\)\."):
        PrecisionRecallCurve().update((torch.zeros(4, 2), torch.zeros(4)))
    metric = PrecisionRecallCurve()
    metric.update((torch.tensor([0.5, float("nan")]), torch.tensor([0, 1])))
    with pytest.raises(ValueError, match=r"^PrecisionRecallCurve ranks scores, and 1 of them are NaN\.$"):
        metric.compute()


def test_a_class_is_absent():
    """Without class 1 nothing is missed."""
    metric = PrecisionRecallCurve()
    metric.update((torch.tensor([[0.2], [0.5]]), torch.tensor([[0], [0]])))
    assert metric.compute()[1].tolist() == [1.0, 1.0, 0.0]
