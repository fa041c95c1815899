"""Random boxes, and what COCO's own evaluation finds of them."""

import contextlib
import io

import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


@pytest.fixture
def draw_scenes(draw):
    """Batches of images with boxes of all sizes, some of them crowds, and detections near them and elsewhere."""

    def uniform(*shape, low, high):
        return low + (high - low) * torch.rand(*shape, generator=draw, dtype=torch.float64)

    def boxes(number):
        corner, size = uniform(number, 2, low=0, high=200), uniform(number, 2, low=1.5, high=5.5).exp()
        return torch.cat((corner, corner + size), 1)

    def image(num_truths, num_false, num_classes, with_area):
        bbox, labels = boxes(num_truths), torch.randint(num_classes, (num_truths,), generator=draw)
        there = {"bbox": bbox, "labels": labels, "iscrowd": torch.rand(num_truths, generator=draw) < 0.15}
        if with_area:
            there["area"] = (bbox[:, 2:] - bbox[:, :2]).prod(1) * uniform(num_truths, low=0.3, high=1)
        sides = (bbox[:, 2:] - bbox[:, :2]).repeat(2, 2)
        near = bbox.repeat(2, 1) + sides * 0.12 * torch.randn(2 * num_truths, 4, generator=draw)
        near[:, 2:] = torch.maximum(near[:, 2:], near[:, :2] + 1)
        found = {"bbox": torch.cat((near, boxes(num_false)))}
        found["labels"] = torch.cat((labels.repeat(2), torch.randint(num_classes, (num_false,), generator=draw)))
        found["scores"] = uniform(2 * num_truths + num_false, low=0, high=1)
        return found, there

    def draw_scenes(num_classes=3, batches=(4, 4, 3), most_truths=8, with_area=False):
        scenes = []
        for num_images in batches:
            # Images without an object, and without a detection, are among them.
            sizes = torch.randint(most_truths, (num_images, 2), generator=draw).tolist()
            images = [image(*size, num_classes, with_area) for size in sizes]
            scenes.append(tuple(map(list, zip(*images, strict=True))))
        return scenes

    return draw_scenes


class Coco:
    """COCO's own evaluation of batches, with what one wants to set of its parameters."""

    def __init__(self, batches, num_classes, **parameters):
        pairs = [pair for batch in batches for pair in zip(*batch, strict=True)]
        truths, results = [], []
        for number, (found, there) in enumerate(pairs, start=1):
            crowds = there.get("iscrowd", torch.zeros(len(there["labels"])))
            areas = there.get("area", (there["bbox"][:, 2:] - there["bbox"][:, :2]).prod(1))
            for box, label, crowd, area in zip(there["bbox"], there["labels"], crowds, areas, strict=True):
                entry = {"image_id": number, "category_id": int(label), "bbox": self._corner_and_size(box)}
                truths.append(entry | {"id": len(truths) + 1, "iscrowd": int(crowd), "area": area.item()})
            for box, label, score in zip(found["bbox"], found["labels"], found["scores"], strict=True):
                entry = {"image_id": number, "category_id": int(label), "bbox": self._corner_and_size(box)}
                results.append(entry | {"score": score.item()})
        with contextlib.redirect_stdout(io.StringIO()):
            there = COCO()
            there.dataset = {
                "info": {},
                "images": [{"id": number} for number in range(1, len(pairs) + 1)],
                "categories": [{"id": label} for label in range(num_classes)],
                "annotations": truths,
            }
            there.createIndex()
            self._evaluation = COCOeval(there, there.loadRes(results), "bbox")
            for name, value in parameters.items():
                setattr(self._evaluation.params, name, value)
            self._evaluation.evaluate()
            self._evaluation.accumulate()

    @staticmethod
    def _corner_and_size(box):
        x1, y1, x2, y2 = box.tolist()
        return [x1, y1, x2 - x1, y2 - y1]

    def precision_and_recall(self, area=0, number=-1):
        """Averages over classes that have an object, for an area range and a number of detections by index."""
        found = self._evaluation.eval
        parts = found["precision"][:, :, :, area, number], found["recall"][:, :, area, number]
        return tuple(part[part > -1].mean() if (part > -1).any() else -1.0 for part in parts)

    def summary(self):
        """The twelve numbers that COCO prints."""
        with contextlib.redirect_stdout(io.StringIO()):
            self._evaluation.summarize()
        return self._evaluation.stats.tolist()


@pytest.fixture
def coco():
    """COCO's own evaluation: `coco(batches, num_classes, **parameters)`."""
    return Coco
