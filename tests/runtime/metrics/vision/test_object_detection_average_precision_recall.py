"""ObjectDetectionAvgPrecisionRecall and CommonObjectDetectionMetrics."""

from functools import partial

import numpy as np
import pytest
import torch

from scaffold_runtime.engine import Engine
from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics import (
    CommonObjectDetectionMetrics,
    ObjectDetectionAvgPrecisionRecall,
    coco_tensor_list_to_dict_list,
)
from scaffold_runtime.metrics.machinery.vision import box_matching
from scaffold_runtime.metrics.vision.object_detection_average_precision_recall import _spaced

KEYS = ["AP@50..95", "AR-100", "AP@50", "AP@75", "AP-S", "AR-S", "AP-M", "AR-M", "AP-L", "AR-L", "AR-1", "AR-10"]
PRINTED = ["AP@50..95", "AP@50", "AP@75", "AP-S", "AP-M", "AP-L", "AR-1", "AR-10", "AR-100", "AR-S", "AR-M", "AR-L"]


def test_common_metrics(contract, draw_scenes, coco):
    """The twelve numbers are those that COCO prints."""
    batches = draw_scenes(num_classes=4, batches=(6, 6, 6, 2))
    summary = dict(zip(PRINTED, coco(batches, 4).summary(), strict=True))
    contract(partial(CommonObjectDetectionMetrics, 4), batches, {name: summary[name] for name in KEYS})


@pytest.mark.parametrize("seed", range(5))
def test_many_images(draw, draw_scenes, coco, seed):
    """They are COCO's on crowded images too, with areas of their own, and scores that tie."""
    draw.manual_seed(seed)
    batches = draw_scenes(num_classes=2, batches=(30,), most_truths=25, with_area=True)
    for found in batches[0][0]:
        found["scores"] = found["scores"].mul(20).round() / 20
    metric = CommonObjectDetectionMetrics(2)
    metric.update(batches[0])
    values = metric.compute()
    assert [values[name] for name in PRINTED] == pytest.approx(coco(batches, 2).summary(), abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        ({}, {}),
        ({"iou_thresholds": [0.6, 0.3]}, {"iouThrs": np.array([0.3, 0.6])}),
        ({"iou_thresholds": torch.tensor([0.0, 1.0])}, {"iouThrs": np.array([0.0, 1.0])}),
        ({"rec_thresholds": (0.25, 0.5)}, {"recThrs": np.array([0.25, 0.5])}),
        ({"max_detections_per_image_per_class": 2}, {"maxDets": [2]}),
        ({"area_range": "small"}, {"areaRng": [[0, 32**2]]}),
        ({"area_range": "medium"}, {"areaRng": [[32**2, 96**2]]}),
        ({"area_range": "large"}, {"areaRng": [[96**2, 1e10]]}),
    ],
)
def test_arguments(contract, draw_scenes, coco, arguments, parameters):
    """Thresholds, numbers of detections and areas mean what they mean in COCO."""
    batches = draw_scenes(num_classes=3, batches=(5, 5, 5))
    # The metric's fourth class is in no image: it does not count.
    expected = coco(batches, 3, **parameters).precision_and_recall()
    contract(partial(ObjectDetectionAvgPrecisionRecall, num_classes=4, **arguments), batches, expected)


def test_portions(draw_scenes, coco, monkeypatch):
    """It does not matter how many pairs of boxes are compared at once."""
    monkeypatch.setattr(box_matching, "_PORTION", 7)
    batches = draw_scenes()
    metric = ObjectDetectionAvgPrecisionRecall(num_classes=3)
    for batch in batches:
        metric.update(batch)
    assert metric.compute() == pytest.approx(coco(batches, 3).precision_and_recall(), abs=1e-12)


def _image(boxes, labels, **more):
    bbox = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    return {"bbox": bbox, "labels": torch.tensor(labels, dtype=torch.int64)} | {
        name: torch.tensor(value) for name, value in more.items()
    }


BOX, OTHER, FAR = [0, 0, 10, 10], [0, 0, 10, 8], [50, 50, 60, 60]


@pytest.mark.parametrize(
    ("found", "there", "expected"),
    [
        # Found, then a false alarm: the precision at full recall is that before it.
        (_image([BOX, FAR], [0, 0], scores=[0.9, 0.8]), _image([BOX], [0]), (1, 1)),
        # A false alarm, then found: one of two.
        (_image([FAR, BOX], [0, 0], scores=[0.9, 0.8]), _image([BOX], [0]), (0.5, 1)),
        # Found twice: the second is an alarm, but comes after full recall.
        (_image([BOX, BOX], [0, 0], scores=[0.9, 0.8]), _image([BOX], [0]), (1, 1)),
        # One of two: precision 1 at 51 of the 101 recalls.
        (_image([BOX], [0], scores=[0.9]), _image([BOX, FAR], [0, 0]), (51 / 101, 0.5)),
        # The better detection takes the better box and leaves the other one.
        (_image([BOX, OTHER], [0, 0], scores=[0.8, 0.9]), _image([BOX, OTHER], [0, 0]), (1, 1)),
        # Of another class.
        (_image([BOX], [1], scores=[0.9]), _image([BOX], [0]), (0, 0)),
        # What lies in a crowd is no alarm, however often; what is found beside it counts.
        (
            _image([OTHER, OTHER, FAR], [0, 0, 0], scores=[0.9, 0.9, 0.5]),
            _image([BOX, FAR], [0, 0], iscrowd=[True, False]),
            (1, 1),
        ),
        # Nothing found.
        (_image([], [], scores=[]), _image([BOX], [0]), (0, 0)),
        # Nothing to find.
        (_image([BOX], [0], scores=[0.9]), _image([], []), (-1, -1)),
        (_image([BOX], [0], scores=[0.9]), _image([BOX], [0], iscrowd=[True]), (-1, -1)),
        (_image([], [], scores=[]), _image([], []), (-1, -1)),
        # A point overlaps nothing.
        (_image([[1, 1, 1, 1]], [0], scores=[0.9]), _image([[1, 1, 1, 1]], [0]), (0, 0)),
    ],
)
def test_by_hand(found, there, expected):
    """On a single image it is what one counts."""
    metric = ObjectDetectionAvgPrecisionRecall(num_classes=2, iou_thresholds=[0.5])
    metric.update(([found], [there]))
    assert metric.compute() == pytest.approx(expected)


def test_spaces():
    """Thresholds are NumPy's to the last bit, which decides where a recall just reaches one."""
    assert np.array_equal(_spaced(0.0, 1.0, 101), np.linspace(0, 1, 101))
    assert np.array_equal(_spaced(0.5, 0.95, 10), np.linspace(0.5, 0.95, 10))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_precision(draw_scenes, dtype):
    """Boxes and scores of other floats are compared as the numbers that they are."""
    ((y_pred, y),) = draw_scenes(batches=(8,))
    rounded = [[{key: _as(value, dtype) for key, value in image.items()} for image in side] for side in (y_pred, y)]
    widened = [[{key: _as(value, torch.float64) for key, value in image.items()} for image in side] for side in rounded]
    narrow, wide = (ObjectDetectionAvgPrecisionRecall(num_classes=3) for _ in range(2))
    narrow.update(rounded)
    wide.update(widened)
    assert narrow.compute() == wide.compute()


def _as(value, dtype):
    return value.to(dtype) if value.is_floating_point() else value


def test_columns():
    """Tensors with columns, of a crowd or without, mean what dictionaries mean, in an engine too."""
    found, there = torch.tensor([[*BOX, 0.9, 1], [*FAR, 0.8, 0]]), torch.tensor([[*BOX, 1, 0], [*OTHER, 0, 1.0]])
    transformed = coco_tensor_list_to_dict_list(([found], [there]))
    assert transformed[0][0]["scores"].tolist() == found[:, 4].tolist()
    assert transformed[0][0]["labels"].tolist() == [1, 0]
    assert transformed[1][0]["iscrowd"].tolist() == [0, 1]
    assert list(coco_tensor_list_to_dict_list(([found], [there[:, :5]]))[1][0]) == ["bbox", "labels"]
    assert coco_tensor_list_to_dict_list(transformed) == transformed
    engine = Engine(lambda engine, batch: ([found], [there]))
    for make in (ObjectDetectionAvgPrecisionRecall, CommonObjectDetectionMetrics):
        make(num_classes=2, output_transform=coco_tensor_list_to_dict_list).attach(engine, make.__name__)
    metrics = engine.run([0]).metrics
    assert metrics["ObjectDetectionAvgPrecisionRecall"] == pytest.approx((1, 1))
    assert metrics["AP@50..95"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"area_range": "tiny"}, "`area_range` should be one of ['all', 'small', 'medium', 'large'], got 'tiny'."),
        ({"iou_thresholds": [0.5, 1.5]}, "`iou_thresholds` should lie in [0, 1], got [0.5, 1.5]."),
        ({"rec_thresholds": []}, "`rec_thresholds` should lie in [0, 1], got []."),
    ],
)
def test_wrong_arguments(arguments, message):
    """Arguments out of their range are refused."""
    with pytest.raises(ValueError, match=r".") as error:
        ObjectDetectionAvgPrecisionRecall(**arguments)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("y_pred", "y", "message"),
    [
        ([], [_image([], [])], "`y_pred` and `y` should have one entry for each image, got 0 and 1 of them."),
        (
            [_image([], [])],
            [_image([], [])],
            "Each entry of `y_pred` should have the keys ['bbox', 'scores', 'labels'], got ['bbox', 'labels'].",
        ),
        (
            [_image([BOX], [0], scores=[0.5, 0.6])],
            [_image([], [])],
            "An entry of `y_pred` with 1 labels should have the shapes "
            "{'bbox': (1, 4), 'scores': (1,), 'labels': (1,)}, got {'bbox': (1, 4), 'scores': (2,), 'labels': (1,)}.",
        ),
        (
            [_image([], [], scores=[])],
            [_image([BOX], [0], iscrowd=[[0]])],
            "An entry of `y` with 1 labels should have the shapes "
            "{'bbox': (1, 4), 'labels': (1,), 'iscrowd': (1,)}, "
            "got {'bbox': (1, 4), 'labels': (1,), 'iscrowd': (1, 1)}.",
        ),
    ],
)
def test_wrong_boxes(y_pred, y, message):
    """Boxes that are not complete are refused."""
    with pytest.raises(ValueError, match=r".") as error:
        ObjectDetectionAvgPrecisionRecall().update((y_pred, y))
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (
            None,
            "A batch should be (y_pred, y), a list of images for each, got 'NoneType'. "
            "An `output_transform` picks them.",
        ),
        (
            ([torch.zeros(2, 6)], [torch.zeros(2, 5)]),
            "Each entry of `y_pred` should be a mapping with the keys ['bbox', 'scores', 'labels'], got a tensor of "
            "shape (2, 6). `coco_tensor_list_to_dict_list` makes mappings of tensors with columns.",
        ),
        (
            ([_image([BOX], [0], scores=[0.5])], [{"bbox": torch.tensor([BOX]), "labels": [0]}]),
            "Each entry of `y` should hold tensors, got {'bbox': 'Tensor', 'labels': 'list'}.",
        ),
    ],
)
def test_no_boxes(output, message):
    """What is no pair of lists of mappings of tensors is refused."""
    with pytest.raises(TypeError, match=r".") as error:
        ObjectDetectionAvgPrecisionRecall().update(output)
    assert str(error.value) == message


def test_a_batch_that_was_refused_counts_for_nothing():
    """Not even the images before the one that was wrong."""
    metric, image = ObjectDetectionAvgPrecisionRecall(), _image([BOX], [0], scores=[0.5])
    with pytest.raises(ValueError, match=r"^Each entry of `y_pred` should have the keys"):
        metric.update(([image, _image([], [])], [image, image]))
    with pytest.raises(NotComputableError):
        metric.compute()


def test_a_batch_without_images():
    """It adds nothing."""
    metric, image = ObjectDetectionAvgPrecisionRecall(), _image([BOX], [0], scores=[0.5])
    metric.update(([], []))
    metric.update(([image], [image]))
    assert metric.compute() == (1.0, 1.0)


@pytest.mark.parametrize("label", [-1, 3])
def test_wrong_label(label):
    """A label that is no class is refused."""
    metric = ObjectDetectionAvgPrecisionRecall(num_classes=3)
    metric.update(([_image([BOX], [0], scores=[0.5])], [_image([BOX], [label])]))
    with pytest.raises(ValueError, match=r".") as error:
        metric.compute()
    assert str(error.value) == f"The labels of `y` should lie in [0, 2], got {label}. Set `num_classes`."
