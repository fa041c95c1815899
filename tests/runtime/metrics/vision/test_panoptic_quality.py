"""PanopticQuality."""

import re
import warnings
from functools import partial

import pytest
import torch

from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics import PanopticQuality

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torchmetrics.detection import PanopticQuality as TorchMetricsPanopticQuality

THINGS, STUFFS, VOID = {8, 3}, {5, 0}, 6
CATEGORIES = torch.tensor([0, 3, 5, 8, VOID])


@pytest.fixture
def draw_batches(draw):
    """Batches of images whose segments are blocks, with void among them, and predictions that err here and there."""

    def pixels(shape, num_categories):
        category = CATEGORIES[torch.randint(num_categories, shape, generator=draw)]
        return torch.stack((category, torch.randint(-1, 2, shape, generator=draw) * 10**15), -1)

    def one(num_images, height, width):
        y = pixels((num_images, height // 4, width // 4), 5).repeat_interleave(4, 1).repeat_interleave(4, 2)
        wrong = (torch.rand(y.shape[:-1], generator=draw) < 0.25) | (y[..., 0] == VOID)
        return torch.where(wrong[..., None], pixels(y.shape[:-1], 4), y), y

    return lambda: [one(*shape) for shape in ((2, 24, 16), (3, 16, 16), (1, 32, 8))]


def _torchmetrics(batches, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metric = TorchMetricsPanopticQuality(THINGS, STUFFS, **arguments)
        for y_pred, y in batches:
            metric.update(y_pred, y)
        return metric.compute()


@pytest.mark.parametrize("per_class", [False, True])
@pytest.mark.parametrize("parts", [False, True])
def test_images(contract, draw_batches, per_class, parts):
    """It is torchmetrics', where no void is predicted; any integer may be an instance."""
    arguments = {"return_per_class": per_class, "return_sq_and_rq": parts}
    batches = draw_batches()
    expected = _torchmetrics(batches, **arguments)
    assert 0.2 < expected.mean() < 0.9
    # torchmetrics gives one value for each class two dimensions.
    expected = expected[0] if per_class and not parts else expected
    contract(partial(PanopticQuality, THINGS, STUFFS, **arguments), batches, expected)


def _image(*rows):
    """One image: of each pixel a letter for the category, and a digit for the instance."""
    category = {"s": 0, "t": 3, "u": 8, "v": VOID}
    return torch.tensor([[[[category[pixel[0]], int(pixel[1:])] for pixel in row.split()] for row in rows]])


def _refused(message):
    return pytest.raises(ValueError, match=f"^{re.escape(message)}$")


def test_by_hand():
    """A matched thing, one that is torn in two, a false one, and stuff whose instances are not looked at."""
    y = _image("t1 t1 t1 t1", "t2 t2 t2 t2", "s0 s1 s2 s3")
    y_pred = _image("t7 t7 t7 s0", "t8 t8 t9 t9", "s0 s0 s0 s0")
    metric = PanopticQuality({3}, {0}, return_sq_and_rq=True, return_per_class=True)
    metric.update((y_pred, y))
    # The halves of the torn thing have an IoU of just 1/2: two false positives, and one false negative.
    thing, stuff = 3 / 4 / (1 + 2 / 2 + 1 / 2), 4 / 5
    assert metric.compute().tolist() == [pytest.approx([thing, 3 / 4, 1 / 2.5]), pytest.approx([stuff, 4 / 5, 1.0])]


def test_instances_of_other_images_and_categories():
    """The same number in another image, or of another category, is another segment."""
    y = torch.cat((_image("t1 t1 t1 t1 s0 u1"), _image("t1 s0 s0 s0 s0 u1")))
    y_pred = torch.cat((_image("t1 t1 t1 t1 s0 u1"), _image("s0 t1 s0 s0 s0 u1")))
    metric = PanopticQuality({3, 8}, {0}, return_per_class=True)
    metric.update((y_pred, y))
    # Over both images the thing has an IoU of 4/6; but it is found in the first, and missed and false in the second.
    assert metric.compute().tolist() == pytest.approx([1 / 2, 1.0, (1 + 3 / 5) / 2])


@pytest.mark.parametrize(
    ("y", "y_pred", "expected"),
    [
        ("t1 t1 v0 v0", "t1 t1 t1 t1", 1.0),
        ("t1 t1 v0 v3", "t1 t1 t2 t2", 1.0),
        ("t1 t1 v0 s0", "t1 t1 t2 t2", 1 / 1.5),
        ("t1 t1 v0 v0", "t1 t2 t1 t1", 0.0),
        ("t1 t1 t1 t1", "t1 t1 t1 v0", 3 / 4),
        ("t1 t1 t1 t1", "t1 t1 v0 v0", 0.0),
    ],
    ids=[
        "void is off the union",
        "a false one on void does not count",
        "one that is half on void does",
        "a half of what is there, on void otherwise, matches nothing",
        "predicted void is in the union",
        "a thing that is half void is missed",
    ],
)
def test_void(y, y_pred, expected):
    """Pixels that are void in the target count nowhere; a void prediction counts against it, as in the paper."""
    metric = PanopticQuality({3}, {0}, allow_unknown_preds_category=True, return_per_class=True)
    metric.update((_image(y_pred), _image(y)))
    assert metric.compute()[0].item() == pytest.approx(expected)


def test_ids_below_and_above_all():
    """Any id that is no category's is void: negative ones and large ones."""
    y = torch.tensor([[[3, 1], [3, 1], [-7, 0], [10**12, 0]]])
    y_pred = torch.tensor([[[3, 1], [3, 1], [3, 1], [3, 1]]])
    metric = PanopticQuality({3}, {})
    metric.update((y_pred, y))
    assert metric.compute() == 1.0


def test_small_integers():
    """Images of bytes are read as well; points, which have one dimension, as images, which have two."""
    y = _image("t1 t1 s0 s0", "t2 t2 s0 s0")
    metric, points = PanopticQuality({3}, {0}), PanopticQuality({3}, {0})
    metric.update((y.to(torch.uint8), y.to(torch.uint8)))
    points.update((y.flatten(1, 2), y.flatten(1, 2)))
    assert metric.compute() == points.compute() == 1.0


def test_no_image():
    """A batch without an image, or of images without a pixel, adds nothing; void alone is not computable."""
    metric = PanopticQuality({3}, {0})
    for shape in ((0, 4, 4, 2), (2, 0, 4, 2)):
        metric.update((torch.zeros(shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.int64)))
    metric.update((_image("t1 t1"), _image("v0 v0")))
    with pytest.raises(NotComputableError) as caught:
        metric.compute()
    assert str(caught.value) == "PanopticQuality has seen no segment. Call `update` before `compute`."


def test_unknown_prediction():
    """A prediction of an unknown category is an error, unless it is allowed; `update` does not look at it."""
    metric = PanopticQuality({8, 3}, {0})
    metric.update((_image("t1 t1 v0 v1"), _image("t1 t1 s0 s0")))
    message = (
        "`y_pred` should hold the categories [3, 8, 0], got others at 2 pixels. "
        "Pass `allow_unknown_preds_category=True` if those are void."
    )
    with _refused(message):
        metric.compute()


@pytest.mark.parametrize(
    ("things", "stuffs", "message"),
    [
        (
            {},
            [],
            "`things` and `stuffs` should be ids of categories, at least one and none below 0, got {} and [].",
        ),
        (
            [1],
            [-1],
            "`things` and `stuffs` should be ids of categories, at least one and none below 0, got [1] and [-1].",
        ),
        (
            [1, 2, 4],
            [4, 1],
            "A category should be a thing or stuff, got [1, 4] in `things` and in `stuffs`.",
        ),
    ],
)
def test_wrong_categories(things, stuffs, message):
    """Categories that cannot be told apart are refused."""
    with _refused(message):
        PanopticQuality(things, stuffs)


@pytest.mark.parametrize(("shape", "other"), [((1, 4, 2), (1, 5, 2)), ((4, 2), (4, 2)), ((1, 4, 3), (1, 4, 3))])
def test_wrong_shapes(shape, other):
    """Shapes that are not (N, ..., 2) are refused."""
    y_pred, y = torch.zeros(shape, dtype=torch.int64), torch.zeros(other, dtype=torch.int64)
    message = (
        "`y_pred` and `y` should be of one shape (N, ..., 2), the category and the instance of each pixel, "
        f"got {shape} and {other}."
    )
    with _refused(message):
        PanopticQuality({3}, {0}).update((y_pred, y))


def test_wrong_dtype():
    """Scores are not categories."""
    with _refused("`y_pred` and `y` should be integers, got torch.float32 and torch.int64."):
        PanopticQuality({3}, {0}).update((torch.zeros(1, 4, 2), torch.zeros(1, 4, 2, dtype=torch.int64)))
