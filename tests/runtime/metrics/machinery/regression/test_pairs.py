"""What all metrics of regression take."""

import pytest
import torch

from scaffold_runtime.metrics import regression
from scaffold_runtime.metrics.machinery.regression.pairs import number_pairs
from scaffold_runtime.metrics.metric import Metric

METRICS = [metric for metric in vars(regression).values() if isinstance(metric, type) and issubclass(metric, Metric)]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "shapes", [((4, 3), (4, 3)), ((4,), (3,)), ((4, 1), (1, 4)), ((), ()), ((4, 1), (4,)), ((4,), (4, 1))]
)
def test_wrong_shapes(metric, shapes):
    """Each refuses what is not one number for each sample, and says what it got."""
    y_pred, y = (torch.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"^`y_pred` and `y` should be both \(N,\), or both \(N, 1\), ") as caught:
        metric().update((y_pred, y))
    assert str(caught.value).endswith(
        f"got {shapes[0]} and {shapes[1]}. Bring them together, and pick one number for each sample, in an "
        "`output_transform`."
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [torch.bool, torch.complex64])
def test_wrong_dtypes(metric, dtype):
    """None takes what has no size or no order."""
    numbers, others = torch.tensor([1.0, 0.0, 1.0]), torch.tensor([1.0, 0.0, 1.0]).to(dtype)
    with pytest.raises(
        TypeError, match=rf"^`y_pred` should be real numbers, got {dtype}\. Change it in an `output_transform`\.$"
    ):
        metric().update((others, numbers))
    with pytest.raises(TypeError, match=rf"^`y` should be real numbers, got {dtype}\."):
        metric().update((numbers, others))


def test_all_are_there():
    """The shapes were tried with every metric of Ignite's package, and the three beyond it."""
    assert len(METRICS) == 21


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (torch.float16, torch.bfloat16, torch.float32),
        (torch.float32, torch.int64, torch.float32),
        (torch.float32, torch.float64, torch.float64),
        (torch.uint8, torch.int8, torch.float32),
        (torch.uint8, torch.int32, torch.float64),
    ],
)
def test_one_dtype(left, right, expected):
    """Both come in the wider float of the two, at least single; large integers in double precision."""
    y_pred, y = number_pairs((torch.ones(2, 1).to(left), torch.ones(2, 1).to(right)))
    assert (y_pred.dtype, y.dtype, y_pred.shape, y.shape) == (expected, expected, (2,), (2,))
