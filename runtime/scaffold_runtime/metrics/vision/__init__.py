"""Metrics of what was found in images: boxes and segments."""

from .object_detection_average_precision_recall import CommonObjectDetectionMetrics as CommonObjectDetectionMetrics
from .object_detection_average_precision_recall import (
    ObjectDetectionAvgPrecisionRecall as ObjectDetectionAvgPrecisionRecall,
)
from .object_detection_average_precision_recall import coco_tensor_list_to_dict_list as coco_tensor_list_to_dict_list
from .panoptic_quality import PanopticQuality as PanopticQuality
