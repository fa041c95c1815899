"""CalibrationError."""

from functools import partial

import pytest
import torch
from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error

from scaffold_runtime.metrics import CalibrationError

NORMS = ("l1", "l2", "max")


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n_bins", [1, 5, 15])
def test_multiclass(contract, draw, norm, n_bins):
    """It is that of torchmetrics; some are entirely sure."""
    batches = [_sure((3 * torch.randn(n, 4, generator=draw)).softmax(1), draw) for n in (20, 20, 7)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = multiclass_calibration_error(p.double(), y, num_classes=4, n_bins=n_bins, norm=norm)
    contract(partial(CalibrationError, n_bins=n_bins, norm=norm), batches, expected, atol=1e-7)


def _sure(probabilities, draw):
    probabilities[0] = torch.tensor([0.0, 1.0, 0.0, 0.0])
    return probabilities, torch.randint(4, probabilities.shape[:1], generator=draw)


@pytest.mark.parametrize("norm", NORMS)
def test_binary(contract, draw, norm):
    """Of binary data the confidence is the probability of class 1, on the edges of bins too."""
    batches = [
        (torch.randint(9, (n, 1), generator=draw) / 8, torch.randint(2, (n, 1), generator=draw)) for n in (20, 20, 7)
    ]
    p, y = (torch.cat(parts)[:, 0] for parts in zip(*batches, strict=True))
    expected = binary_calibration_error(p, y, n_bins=4, norm=norm)
    contract(partial(CalibrationError, n_bins=4, norm=norm), batches, expected)


def test_half_precision(draw):
    """Bins of half-precision confidences are those of the same numbers in double precision."""
    p, y = torch.rand(50, generator=draw).half(), torch.randint(2, (50,), generator=draw)
    error = CalibrationError()
    error.update((p, y))
    assert error.compute() == pytest.approx(binary_calibration_error(p.double(), y).item(), abs=1e-12)


def test_ignored(contract, draw):
    """Pixels of the ignored target do not count."""
    batches = [
        (torch.randn(2, 3, 4, generator=draw).softmax(1), torch.randint(3, (2, 4), generator=draw)) for _ in range(3)
    ]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = multiclass_calibration_error(p.double(), y, num_classes=3, ignore_index=2)
    contract(partial(CalibrationError, ignore_index=2), batches, expected, atol=1e-7)


def test_nan():
    """A confidence that is NaN makes the error NaN."""
    for norm in NORMS:
        error = CalibrationError(norm=norm)
        error.update((torch.tensor([float("nan"), 0.2, 1.0]), torch.tensor([1, 0, 1])))
        assert error.compute() != error.compute()


@pytest.mark.parametrize("logits", [torch.tensor([0.5, -3.0]), torch.tensor([4.0, 0.5])])
def test_logits(logits):
    """What lies outside of [0, 1] is no probability."""
    error = CalibrationError()
    error.update((logits, torch.tensor([1, 0])))
    with pytest.raises(ValueError, match=r"^CalibrationError takes probabilities, and some lay outside of \[0, 1\]\."):
        error.compute()


def test_wrong_arguments():
    """Too few bins and an unknown norm are refused."""
    with pytest.raises(ValueError, match=r"^`n_bins` should be at least 1, got 0\.$"):
        CalibrationError(n_bins=0)
    with pytest.raises(ValueError, match=r"^`norm` should be 'l1', 'l2' or 'max', got 'l3'\.$"):
        CalibrationError(norm="l3")
