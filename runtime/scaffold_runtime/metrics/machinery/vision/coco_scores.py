"""Average precision and recall of detections, by COCO's rules."""

import torch
from torch import Tensor

from .box_collection import Detections, Truths, box_areas
from .box_matching import match, overlapping

AREA_RANGES = {
    "all": (0.0, float("inf")),
    "small": (0.0, 32.0**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, float("inf")),
}


class CocoScores:
    """Scores of one set of images, for several ranges of area and numbers of detections.

    Args:
        detections: what was found.
        truths: what is there.
        num_classes: labels are below it.
        iou_thresholds: `(T,)`, least overlaps of a detection and its object.
        recall_thresholds: `(R,)`, ascending, at which precision is read.
    """

    def __init__(
        self,
        detections: Detections,
        truths: Truths,
        *,
        num_classes: int,
        iou_thresholds: Tensor,
        recall_thresholds: Tensor,
    ) -> None:
        self._detections = detections
        self._truths = truths
        self._num_classes = num_classes
        self._iou_thresholds = iou_thresholds
        self._recall_thresholds = recall_thresholds
        self._pairs = overlapping(detections, truths, at_least=min(iou_thresholds.min().item(), 1 - 1e-10))

    def scores(self, area_range: str, *max_detections: int) -> list[Tensor]:
        """Average precision and recall, `(2, C, T)`; -1 for classes without an object.

        Args:
            area_range: of objects, by name; others, and detections that match none in it, do not count.
            *max_detections: how many of an image and class count; one result for each.
        """
        lowest, highest = AREA_RANGES[area_range]
        truths, detections = self._truths, self._detections
        ignored = truths.is_crowd | (truths.areas < lowest) | (truths.areas > highest)
        found = match(self._pairs, detections, truths, ignored=ignored, thresholds=self._iou_thresholds)
        areas = box_areas(detections.corners)
        outside = ((areas < lowest) | (areas > highest)).unsqueeze(1)
        matched = found >= 0
        # The last entry stands for no object.
        counts = torch.cat((~ignored, ignored.new_zeros(1)))[found]
        num_truths = torch.zeros(self._num_classes, dtype=torch.int64, device=found.device)
        num_truths.index_add_(0, truths.labels, (~ignored).long())
        results: list[Tensor] = []
        for number in max_detections:
            seen = (detections.ranks < number).unsqueeze(1)
            results.append(self._averages(matched & counts & seen, ~matched & ~outside & seen, num_truths))
        return results

    def _averages(self, hits: Tensor, misses: Tensor, num_truths: Tensor) -> Tensor:
        """Of hits and misses, `(N, T)`; what is neither leaves precision and recall where they are."""
        order = self._detections.scores.argsort(descending=True, stable=True)
        order = order[self._detections.labels[order].argsort(stable=True)]
        labels = self._detections.labels[order]
        num_hits, num_misses = (_counted(part[order], labels) for part in (hits, misses))
        recall = num_hits / num_truths[labels].clamp(min=1).unsqueeze(1).to(self._recall_thresholds.dtype)
        precision = num_hits / (num_hits + num_misses).clamp(min=1).to(recall.dtype)

        # For each class the highest precision among detections that reach just so many recall thresholds, ...
        num_levels = len(self._recall_thresholds) + 1
        levels = torch.searchsorted(self._recall_thresholds, recall, right=True)
        best = recall.new_zeros(self._num_classes * num_levels, recall.shape[1])
        best.scatter_reduce_(0, labels.unsqueeze(1) * num_levels + levels, precision, "amax")
        # ... then among those that reach as many or more.
        best = best.view(self._num_classes, num_levels, -1).flip(1).cummax(1).values.flip(1)
        highest_recall = recall.new_zeros(self._num_classes, recall.shape[1])
        highest_recall.scatter_reduce_(0, labels.unsqueeze(1).expand_as(recall), recall, "amax")
        averages = torch.stack((best[:, 1:].mean(1), highest_recall))
        return averages.masked_fill_((num_truths == 0).unsqueeze(1), -1)


def mean_over_classes(scores: Tensor) -> float:
    """The mean of scores of classes that have an object, or -1."""
    known = scores[scores > -1]
    return known.mean().item() if len(known) else -1.0


def _counted(marks: Tensor, labels: Tensor) -> Tensor:
    """How many are marked up to here, class by class, `(N, T)`; labels ascend."""
    total = torch.cat((marks.new_zeros(1, marks.shape[1]), marks)).cumsum(0, dtype=torch.int64)
    return total[1:] - total[torch.searchsorted(labels, labels)]
