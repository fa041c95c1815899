"""Every metric whose batches are tensors, with batches for it: what must be true of all is asked of all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softmax

from scaffold_runtime import metrics as m

NUM_SAMPLES, NUM_CLASSES = 12, 3


def classes(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Scores `(N, C)` and classes `(N,)`."""
    return torch.randn(NUM_SAMPLES, NUM_CLASSES, generator=draw), _labels(draw)


def scores(draw: torch.Generator) -> Tensor:
    """Scores `(N, C)`."""
    return classes(draw)[0]


def probabilities(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Probabilities `(N, C)` and classes `(N,)`."""
    scores, y = classes(draw)
    return softmax(scores, dim=1), y


def binary(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Probabilities `(N,)` and 0 and 1 `(N,)`."""
    return torch.rand(NUM_SAMPLES, generator=draw), torch.randint(2, (NUM_SAMPLES,), generator=draw)


def labels(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """0 and 1, predicted and true, `(N, C)`."""
    shape = (NUM_SAMPLES, NUM_CLASSES)
    return torch.randint(2, shape, generator=draw), torch.randint(2, shape, generator=draw)


def segments(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Scores `(N, C, H, W)` and classes `(N, H, W)`."""
    return torch.randn(2, NUM_CLASSES, 4, 5, generator=draw), torch.randint(NUM_CLASSES, (2, 4, 5), generator=draw)


def numbers(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two positive numbers for each sample, `(N,)`."""
    return torch.rand(NUM_SAMPLES, generator=draw) + 0.1, torch.rand(NUM_SAMPLES, generator=draw) + 0.1


def vectors(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two vectors for each sample, `(N, 4)`."""
    return torch.randn(NUM_SAMPLES, 4, generator=draw), torch.randn(NUM_SAMPLES, 4, generator=draw)


def clusters(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Features `(N, 4)` and clusters `(N,)`."""
    return torch.randn(NUM_SAMPLES, 4, generator=draw), _labels(draw)


def logits(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two distributions for each sample as logits, `(N, C)`."""
    shape = (NUM_SAMPLES, NUM_CLASSES)
    return torch.randn(shape, generator=draw), torch.randn(shape, generator=draw)


def images(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two images for each sample, `(N, 1, 16, 16)`."""
    return torch.rand(2, 1, 16, 16, generator=draw), torch.rand(2, 1, 16, 16, generator=draw)


def large_images(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Images that can be halved four times."""
    return torch.rand(1, 1, 176, 176, generator=draw), torch.rand(1, 1, 176, 176, generator=draw)


def groups(draw: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Scores, classes, and which of two groups a sample is of."""
    return *classes(draw), torch.randint(2, (NUM_SAMPLES,), generator=draw)


def one_number(draw: torch.Generator) -> Tensor:
    """A loss."""
    return torch.rand((), generator=draw) + 0.1


def segmented(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Categories and instances of pixels, predicted and true, `(N, H, W, 2)`."""
    return torch.randint(2, (1, 4, 5, 2), generator=draw), torch.randint(2, (1, 4, 5, 2), generator=draw)


def _labels(draw: torch.Generator) -> Tensor:
    return torch.randint(NUM_CLASSES, (NUM_SAMPLES,), generator=draw)


def mean_error(y_pred: Tensor, y: Tensor) -> float:
    """For `EpochMetric`."""
    return (y_pred - y).mean().item()


FED: dict[str, tuple[Callable[[], m.Metric], Callable[[torch.Generator], Any]]] = {
    "Accuracy": (m.Accuracy, classes),
    "Accuracy, binary": (m.Accuracy, binary),
    "Accuracy, some ignored": (partial(m.Accuracy, ignore_index=0), classes),
    "Accuracy, of labels": (partial(m.Accuracy, is_multilabel=True), labels),
    "Accuracy, of pixels": (m.Accuracy, segments),
    "Average": (m.Average, one_number),
    "AveragePrecision": (m.AveragePrecision, binary),
    "BalancedAccuracy": (m.BalancedAccuracy, classes),
    "BrierScore": (m.BrierScore, probabilities),
    "CalibrationError": (m.CalibrationError, probabilities),
    "CalinskiHarabaszScore": (m.CalinskiHarabaszScore, clusters),
    "CanberraMetric": (m.CanberraMetric, numbers),
    "ClassificationReport": (partial(m.ClassificationReport, output_dict=True), classes),
    "CohenKappa": (m.CohenKappa, classes),
    "ConfusionMatrix": (partial(m.ConfusionMatrix, NUM_CLASSES), classes),
    "ConfusionMatrix, of pixels": (partial(m.ConfusionMatrix, NUM_CLASSES), segments),
    "CosineSimilarity": (m.CosineSimilarity, vectors),
    "DaviesBouldinScore": (m.DaviesBouldinScore, clusters),
    "DemographicParityDifference": (partial(m.DemographicParityDifference, [0, 1]), groups),
    "DiceCoefficient": (lambda: m.DiceCoefficient(m.ConfusionMatrix(NUM_CLASSES)), classes),
    "Entropy": (m.Entropy, classes),
    "EpochMetric": (partial(m.EpochMetric, mean_error, check_compute_fn=False), numbers),
    "ExplainedVariance": (m.ExplainedVariance, numbers),
    "FID": (partial(m.FID, num_features=4, feature_extractor=nn.Identity()), vectors),
    "Fbeta": (partial(m.Fbeta, 1.0), classes),
    "FractionalAbsoluteError": (m.FractionalAbsoluteError, numbers),
    "FractionalBias": (m.FractionalBias, numbers),
    "GeometricAverage": (m.GeometricAverage, one_number),
    "GeometricMeanAbsoluteError": (m.GeometricMeanAbsoluteError, numbers),
    "GeometricMeanRelativeAbsoluteError": (m.GeometricMeanRelativeAbsoluteError, numbers),
    "HSIC": (m.HSIC, vectors),
    "HammingLoss": (m.HammingLoss, classes),
    "HitRate": (partial(m.HitRate, top_k=[1, 2]), labels),
    "IoU": (lambda: m.IoU(m.ConfusionMatrix(NUM_CLASSES)), classes),
    "InceptionScore": (partial(m.InceptionScore, NUM_CLASSES, nn.Softmax(dim=1)), scores),
    "JSDivergence": (m.JSDivergence, logits),
    "JaccardIndex": (lambda: m.JaccardIndex(m.ConfusionMatrix(NUM_CLASSES)), classes),
    "KLDivergence": (m.KLDivergence, logits),
    "KendallRankCorrelation": (m.KendallRankCorrelation, numbers),
    "Loss": (partial(m.Loss, cross_entropy), classes),
    "MRR": (m.MRR, labels),
    "ManhattanDistance": (m.ManhattanDistance, numbers),
    "MatthewsCorrCoef": (m.MatthewsCorrCoef, classes),
    "MaximumAbsoluteError": (m.MaximumAbsoluteError, numbers),
    "MaximumMeanDiscrepancy": (m.MaximumMeanDiscrepancy, vectors),
    "MeanAbsoluteError": (m.MeanAbsoluteError, numbers),
    "MeanAbsolutePercentageError": (m.MeanAbsolutePercentageError, numbers),
    "MeanAbsoluteRelativeError": (m.MeanAbsoluteRelativeError, numbers),
    "MeanAveragePrecision": (m.MeanAveragePrecision, classes),
    "MeanError": (m.MeanError, numbers),
    "MeanNormalizedBias": (m.MeanNormalizedBias, numbers),
    "MeanPairwiseDistance": (m.MeanPairwiseDistance, vectors),
    "MeanSquaredError": (m.MeanSquaredError, numbers),
    "MedianAbsoluteError": (m.MedianAbsoluteError, numbers),
    "MedianAbsolutePercentageError": (m.MedianAbsolutePercentageError, numbers),
    "MedianRelativeAbsoluteError": (m.MedianRelativeAbsoluteError, numbers),
    "MultiLabelConfusionMatrix": (partial(m.MultiLabelConfusionMatrix, NUM_CLASSES), labels),
    "MultiScaleSSIM": (partial(m.MultiScaleSSIM, 1.0), large_images),
    "MutualInformation": (m.MutualInformation, classes),
    "NDCG": (partial(m.NDCG, top_k=[1, 2]), labels),
    "PSNR": (partial(m.PSNR, 1.0), images),
    "PanopticQuality": (partial(m.PanopticQuality, {0}, {1}), segmented),
    "PearsonCorrelation": (m.PearsonCorrelation, numbers),
    "Perplexity": (m.Perplexity, segments),
    "Precision": (m.Precision, classes),
    "Precision, of samples": (partial(m.Precision, average="samples", is_multilabel=True), labels),
    "PrecisionRecallCurve": (m.PrecisionRecallCurve, binary),
    "R2Score": (m.R2Score, numbers),
    "ROC_AUC": (m.ROC_AUC, binary),
    "Recall": (partial(m.Recall, average="weighted"), classes),
    "RecallAtK": (partial(m.RecallAtK, top_k=[1, 2]), labels),
    "RocCurve": (m.RocCurve, binary),
    "RootMeanSquaredError": (m.RootMeanSquaredError, numbers),
    "SSIM": (partial(m.SSIM, 1.0), images),
    "SelectionRate": (m.SelectionRate, binary),
    "SilhouetteScore": (m.SilhouetteScore, clusters),
    "SpearmanRankCorrelation": (m.SpearmanRankCorrelation, numbers),
    "Specificity": (m.Specificity, classes),
    "SubgroupAccuracyDifference": (partial(m.SubgroupAccuracyDifference, [0, 1]), groups),
    "SymmetricMeanAbsolutePercentageError": (m.SymmetricMeanAbsolutePercentageError, numbers),
    "TopKCategoricalAccuracy": (partial(m.TopKCategoricalAccuracy, 2), classes),
    "VariableAccumulation": (partial(m.VariableAccumulation, torch.add), one_number),
    "WaveHedgesDistance": (m.WaveHedgesDistance, numbers),
    "cmAccuracy": (lambda: m.cmAccuracy(m.ConfusionMatrix(NUM_CLASSES)), classes),
    "mIoU": (lambda: m.mIoU(m.ConfusionMatrix(NUM_CLASSES)), classes),
}
"""By name: what makes the metric, and what makes a batch."""

FED_OTHERWISE = {
    "Bleu": "words",
    "CharacterErrorRate": "text",
    "CommonObjectDetectionMetrics": "as many boxes as an image has",
    "Frequency": "numbers of samples",
    "GpuInfo": "nothing",
    "Metric": "what the metric takes",
    "MetricGroup": "what its metrics take",
    "MetricsLambda": "what its metrics take",
    "ObjectDetectionAvgPrecisionRecall": "as many boxes as an image has",
    "Rouge": "words",
    "RougeL": "words",
    "RougeN": "words",
    "RunningAverage": "the value of a metric",
    "SubgroupDifference": "labels on the host, which say how large each group's batch is",
    "SubgroupMetric": "labels on the host, which say how large each group's batch is",
    "WordErrorRate": "text",
}
"""The other metrics, and what they are fed with."""
