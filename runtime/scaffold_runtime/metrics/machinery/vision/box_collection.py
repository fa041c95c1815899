"""What metrics of object detection take: boxes that were found and boxes that are there, image by image."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, Unpack

import torch
from torch import Tensor

from ....exceptions import NotComputableError
from ...metric import Metric, MetricOptions, identity
from ..outputs import described

Image: TypeAlias = Mapping[str, Tensor]


@dataclass(frozen=True)
class Detections:
    """Boxes that were found, ordered by their group, an image and a class, and by their score in it.

    Args:
        corners: `(N, 4)`.
        scores: `(N,)`.
        labels: `(N,)`, classes.
        groups: `(N,)`, ascending.
        ranks: `(N,)`, places by score in the group, from 0.
    """

    corners: Tensor
    scores: Tensor
    labels: Tensor
    groups: Tensor
    ranks: Tensor


@dataclass(frozen=True)
class Truths:
    """Boxes that are there, ordered by their group.

    Args:
        corners: `(M, 4)`.
        areas: `(M,)`, of the objects.
        is_crowd: `(M,)`, whether a box holds many objects.
        labels: `(M,)`, classes.
        groups: `(M,)`, ascending.
    """

    corners: Tensor
    areas: Tensor
    is_crowd: Tensor
    labels: Tensor
    groups: Tensor


class BoxCollection(Metric):
    """Base of metrics of boxes; 48 bytes for each that was found and 56 for each that is there stay until `reset`.

    Args:
        num_classes: labels are below it.
        output_transform, options: as in `Metric`.
    """

    _found: list[Tensor]
    _found_labels: list[Tensor]
    _there: list[Tensor]
    _there_labels: list[Tensor]
    _num_boxes: list[Tensor]

    def __init__(
        self, num_classes: int, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]
    ) -> None:
        super().__init__(output_transform, **options)
        self._num_classes = num_classes
        self.add_state("_found", [], reduce="cat")  # corners and score
        self.add_state("_found_labels", [], reduce="cat")
        self.add_state("_there", [], reduce="cat")  # corners, area and whether it is a crowd
        self.add_state("_there_labels", [], reduce="cat")
        self.add_state("_num_boxes", [], reduce="cat")  # found and there, of each image

    def update(self, output: Sequence[Sequence[Image]]) -> None:
        """Keeps the boxes of a batch of images, `(y_pred, y)`.

        Raises:
            TypeError: it is no pair, or an entry is no mapping of tensors.
            ValueError: there is not one entry for each image in both, or one lacks something.
        """
        if not isinstance(output, (tuple, list)) or len(output) != 2:  # pyright: ignore[reportUnnecessaryIsInstance]  # of an engine
            raise TypeError(
                f"A batch should be (y_pred, y), a list of images for each, got {described(output)}. "
                "An `output_transform` picks them."
            )
        y_pred, y = output
        if len(y_pred) != len(y):
            raise ValueError(
                f"`y_pred` and `y` should have one entry for each image, got {len(y_pred)} and {len(y)} of them."
            )
        for found, there in zip(y_pred, y, strict=True):
            check_image("y_pred", found, ("bbox", "scores", "labels"))
            check_image("y", there, ("bbox", "labels"))
        for found, there in zip(y_pred, y, strict=True):
            self._keep(found, there)

    def boxes(self, max_detections: int) -> tuple[Detections, Truths]:
        """All boxes; of those found, the best of each class and image.

        Raises:
            NotComputableError: there is no image.
            ValueError: a label is not below the number of classes.
        """
        if not self._num_boxes:
            raise NotComputableError(f"{type(self).__name__} has seen no image. Call `update` before `compute`.")
        # Numbers of boxes are always other ones, and XLA compiles for each of them: there the host counts.
        device = torch.device("cpu") if self.device.type == "xla" else self.device
        num_boxes = torch.cat(self._num_boxes).to(device)
        images = torch.arange(len(num_boxes), device=device)
        found, found_labels = torch.cat(self._found).to(device), self._labels("y_pred", self._found_labels).to(device)
        there, there_labels = torch.cat(self._there).to(device), self._labels("y", self._there_labels).to(device)
        found_groups = images.repeat_interleave(num_boxes[:, 0]) * self._num_classes + found_labels
        there_groups = images.repeat_interleave(num_boxes[:, 1]) * self._num_classes + there_labels

        order = found[:, 4].argsort(descending=True, stable=True)
        order = order[found_groups[order].argsort(stable=True)]
        groups = found_groups[order]
        ranks = torch.arange(len(groups), device=device) - torch.searchsorted(groups, groups)
        order, groups, ranks = (part[ranks < max_detections] for part in (order, groups, ranks))
        detections = Detections(found[order, :4], found[order, 4], found_labels[order], groups, ranks)

        order = there_groups.argsort(stable=True)
        there = there[order]
        truths = Truths(there[:, :4], there[:, 4], there[:, 5] != 0, there_labels[order], there_groups[order])
        return detections, truths

    def _keep(self, found: Image, there: Image) -> None:
        boxes, scores, labels = self.take(found["bbox"], found["scores"], found["labels"])
        corners = boxes.to(self.double_dtype)
        self._found.append(torch.cat((corners, scores.to(self.double_dtype).unsqueeze(1)), 1))
        self._found_labels.append(labels.to(torch.int64, copy=True))

        boxes, labels = self.take(there["bbox"], there["labels"])
        corners = boxes.to(self.double_dtype)
        (areas,) = self.take(there["area"]) if "area" in there else (box_areas(corners),)
        (is_crowd,) = self.take(there["iscrowd"]) if "iscrowd" in there else (torch.zeros_like(labels),)
        more = torch.stack((areas.to(self.double_dtype), is_crowd.to(self.double_dtype)), 1)
        self._there.append(torch.cat((corners, more), 1))
        self._there_labels.append(labels.to(torch.int64, copy=True))
        # Filled on the device: a number copied there would make the host wait.
        counts = [boxes.new_full((1, 1), len(image["labels"]), dtype=torch.int64) for image in (found, there)]
        self._num_boxes.append(torch.cat(counts, 1))

    def _labels(self, name: str, parts: Sequence[Tensor]) -> Tensor:
        labels = torch.cat(list(parts))
        wrong = labels[(labels < 0) | (labels >= self._num_classes)]
        if len(wrong):
            raise ValueError(
                f"The labels of `{name}` should lie in [0, {self._num_classes - 1}], got {wrong[0].item()}. "
                "Set `num_classes`."
            )
        return labels


def check_image(name: str, image: Image, keys: Sequence[str]) -> None:
    """Sees that the boxes of an image are complete.

    Raises:
        TypeError: it is no mapping of tensors.
        ValueError: a key is missing, or the shapes do not go together.
    """
    if not isinstance(image, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # of an engine
        raise TypeError(
            f"Each entry of `{name}` should be a mapping with the keys {list(keys)}, got {described(image)}. "
            "`coco_tensor_list_to_dict_list` makes mappings of tensors with columns."
        )
    if not all(key in image for key in keys):
        raise ValueError(f"Each entry of `{name}` should have the keys {list(keys)}, got {list(image)}.")
    given = {key: image[key] for key in (*keys, "area", "iscrowd") if key in image}
    if not all(isinstance(value, Tensor) for value in given.values()):  # pyright: ignore[reportUnnecessaryIsInstance]
        types = {key: type(value).__name__ for key, value in given.items()}
        raise TypeError(f"Each entry of `{name}` should hold tensors, got {types}.")
    num_boxes = given["labels"].numel()
    shapes = {key: tuple(value.shape) for key, value in given.items()}
    expected = {key: (num_boxes, 4) if key == "bbox" else (num_boxes,) for key in shapes}
    if shapes != expected:
        raise ValueError(
            f"An entry of `{name}` with {num_boxes} labels should have the shapes {expected}, got {shapes}."
        )


def box_areas(corners: Tensor) -> Tensor:
    """Width by height of boxes, `(..., 4)`."""
    return (corners[..., 2] - corners[..., 0]) * (corners[..., 3] - corners[..., 1])
