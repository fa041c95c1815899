"""Average precision and recall of detected objects, as COCO measures them."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Unpack

import torch
from torch import Tensor

from ..machinery.vision.box_collection import BoxCollection, Image
from ..machinery.vision.coco_scores import AREA_RANGES, CocoScores, mean_over_classes
from ..metric import MetricOptions, identity


def coco_tensor_list_to_dict_list(
    output: tuple[Sequence[Tensor] | Sequence[Image], Sequence[Tensor] | Sequence[Image]],
) -> tuple[list[Image], list[Image]]:
    """Makes dictionaries of tensors whose columns are boxes, scores, labels; an `output_transform`.

    Args:
        output: `(y_pred, y)`, lists with one entry for each image: `(N, 6)` of corners, score and label, and
            `(M, 5)` or `(M, 6)` of corners, label and whether it is a crowd. Dictionaries stay what they are.

    Example:
        >>> y_pred, y = [torch.tensor([[0.0, 0.0, 4.0, 4.0, 0.9, 2.0]])], [torch.tensor([[0.0, 0.0, 4.0, 4.0, 2.0]])]
        >>> [sorted(image) for (image,) in coco_tensor_list_to_dict_list((y_pred, y))]
        [['bbox', 'labels', 'scores'], ['bbox', 'labels']]
    """
    y_pred, y = output
    return [_columns(image, ("scores", "labels")) for image in y_pred], [
        _columns(image, ("labels", "iscrowd")) for image in y
    ]


class ObjectDetectionAvgPrecisionRecall(BoxCollection):
    r"""Average precision and recall of detected objects, as COCO measures them.

    Detections of an image and class take, from the highest score, the object that they overlap most. Precision is
    read at each recall threshold, where the highest precision at as much or more recall counts, and averaged over
    these, over classes that have an object, and over the overlaps that are asked for. Recall is that of all detections.
    A crowd may be found many times, and counts neither for nor against.

    Shapes:
        y_pred: a list with an entry for each image: `{"bbox": (N, 4), "scores": (N,), "labels": (N,)}`; boxes are
            `(x1, y1, x2, y2)`.
        y: `{"bbox": (M, 4), "labels": (M,)}`, and if wanted `"iscrowd": (M,)`, and `"area": (M,)` where the area is not
            that of the box.
        result: average precision and average recall, floats in `[0, 1]`, higher is better; -1 without an object.

    Args:
        iou_thresholds: least overlaps, intersection over union; 0.5, 0.55, ..., 0.95 unless given.
        rec_thresholds: recalls at which precision is read; 0, 0.01, ..., 1 unless given.
        num_classes: labels are below it.
        max_detections_per_image_per_class: only that many of the highest scores count.
        area_range: of the objects that count, in pixels: "small" (up to 32²), "medium" (up to 96²), "large", or "all".
        output_transform: as in `Metric`; `coco_tensor_list_to_dict_list` takes tensors with columns.

    Raises:
        ValueError: an argument is out of its range, or the boxes of an image are not complete.
        TypeError: an entry is no mapping of tensors.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> metric = ObjectDetectionAvgPrecisionRecall(num_classes=2, iou_thresholds=[0.5])
        >>> there = {"bbox": torch.tensor([[0.0, 0.0, 4.0, 4.0], [5.0, 5.0, 9.0, 9.0]]), "labels": torch.tensor([1, 1])}
        >>> found = {"bbox": there["bbox"][:1] + 0.5, "scores": torch.tensor([0.9]), "labels": torch.tensor([1])}
        >>> metric.update(([found], [there]))
        >>> precision, recall = metric.compute()
        >>> round(precision, 4), recall
        (0.505, 0.5)

    References:
        Lin et al., Microsoft COCO: Common Objects in Context, 2014.
    """

    def __init__(
        self,
        iou_thresholds: Sequence[float] | Tensor | None = None,
        rec_thresholds: Sequence[float] | Tensor | None = None,
        num_classes: int = 80,
        max_detections_per_image_per_class: int = 100,
        area_range: Literal["small", "medium", "large", "all"] = "all",
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        if area_range not in AREA_RANGES:
            raise ValueError(f"`area_range` should be one of {list(AREA_RANGES)}, got {area_range!r}.")
        super().__init__(num_classes, output_transform, **options)
        self._iou_thresholds = _thresholds("iou_thresholds", iou_thresholds, _spaced(0.5, 0.95, 10))
        self._rec_thresholds = _thresholds("rec_thresholds", rec_thresholds, _spaced(0.0, 1.0, 101))
        self._max_detections = max_detections_per_image_per_class
        self._area_range = area_range

    def compute(self) -> tuple[float, float]:
        """Average precision and average recall."""
        detections, truths = self.boxes(self._max_detections)
        (scores,) = CocoScores(
            detections,
            truths,
            num_classes=self._num_classes,
            iou_thresholds=self._iou_thresholds.to(detections.corners.device, self.double_dtype),
            recall_thresholds=self._rec_thresholds.to(detections.corners.device, self.double_dtype),
        ).scores(self._area_range, self._max_detections)
        return mean_over_classes(scores[0]), mean_over_classes(scores[1])


class CommonObjectDetectionMetrics(BoxCollection):
    """The twelve numbers that COCO reports, from one collection of boxes.

    Average precision `AP` and average recall `AR`, see `ObjectDetectionAvgPrecisionRecall`: at overlaps from 0.5 to
    0.95, at 0.5 and at 0.75; of small, medium and large objects; with 100, 1 and 10 detections of an image and class.

    Shapes:
        y_pred: as in `ObjectDetectionAvgPrecisionRecall`.
        y: as there.
        result: floats in `[0, 1]`, higher is better, -1 without an object, under the keys "AP@50..95", "AR-100",
            "AP@50", "AP@75", "AP-S", "AR-S", "AP-M", "AR-M", "AP-L", "AR-L", "AR-1" and "AR-10".

    Args:
        num_classes: labels are below it.
        output_transform: as in `Metric`; `coco_tensor_list_to_dict_list` takes tensors with columns.
        device: as in `Metric`.
        skip_unrolling: as in `Metric`.

    Raises:
        ValueError: the boxes of an image are not complete.
        TypeError: an entry is no mapping of tensors.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> metrics = CommonObjectDetectionMetrics(num_classes=2)
        >>> there = {"bbox": torch.tensor([[0.0, 0.0, 40.0, 40.0]]), "labels": torch.tensor([1])}
        >>> found = {**there, "scores": torch.tensor([0.9])}
        >>> metrics.update(([found], [there]))
        >>> values = metrics.compute()
        >>> round(values["AP@50..95"], 4), round(values["AP-M"], 4), values["AP-S"]
        (1.0, 1.0, -1.0)
    """

    def __init__(
        self,
        num_classes: int = 80,
        output_transform: Callable[[Any], Any] = identity,
        device: str | torch.device | None = None,
        skip_unrolling: bool = True,
    ) -> None:
        super().__init__(num_classes, output_transform, device=device, skip_unrolling=skip_unrolling)

    def compute(self) -> dict[str, float]:
        """The numbers by name."""
        detections, truths = self.boxes(100)
        coco = CocoScores(
            detections,
            truths,
            num_classes=self._num_classes,
            iou_thresholds=_spaced(0.5, 0.95, 10).to(detections.corners.device, self.double_dtype),
            recall_thresholds=_spaced(0.0, 1.0, 101).to(detections.corners.device, self.double_dtype),
        )
        every, one, ten = coco.scores("all", 100, 1, 10)
        small, medium, large = (coco.scores(area, 100)[0] for area in ("small", "medium", "large"))
        parts = {
            "AP@50..95": every[0],
            "AR-100": every[1],
            "AP@50": every[0, :, 0],
            "AP@75": every[0, :, 5],
            "AP-S": small[0],
            "AR-S": small[1],
            "AP-M": medium[0],
            "AR-M": medium[1],
            "AP-L": large[0],
            "AR-L": large[1],
            "AR-1": one[1],
            "AR-10": ten[1],
        }
        return {name: mean_over_classes(part) for name, part in parts.items()}


def _columns(image: Tensor | Image, names: tuple[str, str]) -> Image:
    if not isinstance(image, Tensor):
        return image
    return {"bbox": image[:, :4]} | dict(zip(names, image[:, 4:].unbind(1), strict=False))


def _spaced(first: float, last: float, number: int) -> Tensor:
    # Each a product, as in NumPy: 0.01 * 7 is not 0.07, and a recall of 7 / 100 does not reach it in COCO's own code.
    return first + torch.arange(number, dtype=torch.float64) * ((last - first) / (number - 1))


def _thresholds(name: str, given: Sequence[float] | Tensor | None, default: Tensor) -> Tensor:
    if given is None:
        return default
    thresholds = torch.as_tensor(given, dtype=torch.float64, device="cpu").flatten().sort().values
    if len(thresholds) == 0 or not 0 <= thresholds[0] <= thresholds[-1] <= 1:
        raise ValueError(f"`{name}` should lie in [0, 1], got {given}.")
    return thresholds
