"""What every metric of the catalogue costs: beside PyTorch-Ignite's, and scikit-learn's or SciPy's where there is one.

One pass is `reset`, 20 updates of 256 samples and `compute`; one thread, the contenders in turns, and the best turn of
each counts. scikit-learn and SciPy get all samples at once, as arrays. `--json` prints the figures for programs, names
choose metrics.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import ignite.metrics
import ignite.metrics.clustering
import ignite.metrics.fairness
import ignite.metrics.gan
import ignite.metrics.nlp
import ignite.metrics.rec_sys
import ignite.metrics.regression
import ignite.metrics.vision.object_detection_average_precision_recall
import numpy as np
import scipy.stats
import sklearn.metrics
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softmax

import scaffold_runtime.metrics

SAMPLES, BATCHES, CLASSES = 256, 20, 10
SECONDS, TURNS = 0.15, 40
"""A metric is measured for so long, and so often, at most."""

THEIRS = [
    *(ignite.metrics, ignite.metrics.regression, ignite.metrics.rec_sys, ignite.metrics.clustering),
    *(ignite.metrics.fairness, ignite.metrics.nlp, ignite.metrics.gan),
    ignite.metrics.vision.object_detection_average_precision_recall,
]


def scores() -> tuple[Tensor, Tensor]:
    """Scores `(N, C)` and classes `(N,)`."""
    return torch.randn(SAMPLES, CLASSES), torch.randint(CLASSES, (SAMPLES,))


def probabilities() -> tuple[Tensor, Tensor]:
    """Probabilities `(N, C)` and classes `(N,)`."""
    y_pred, y = scores()
    return softmax(y_pred, 1), y


def binary() -> tuple[Tensor, Tensor]:
    """Probabilities `(N,)`, 0 and 1."""
    return torch.rand(SAMPLES), torch.randint(2, (SAMPLES,))


def bits() -> tuple[Tensor, Tensor]:
    """0 and 1 `(N,)`, predicted and true."""
    return torch.randint(2, (SAMPLES,)), torch.randint(2, (SAMPLES,))


def classes() -> tuple[Tensor, Tensor]:
    """Classes `(N,)`, predicted and true."""
    return torch.randint(CLASSES, (SAMPLES,)), torch.randint(CLASSES, (SAMPLES,))


def labels() -> tuple[Tensor, Tensor]:
    """0 and 1 `(N, C)`, predicted and true."""
    return torch.randint(2, (SAMPLES, CLASSES)), torch.randint(2, (SAMPLES, CLASSES))


def ranking() -> tuple[Tensor, Tensor]:
    """Scores `(N, C)`, and which items are relevant."""
    return torch.randn(SAMPLES, CLASSES), torch.randint(2, (SAMPLES, CLASSES))


def numbers() -> tuple[Tensor, Tensor]:
    """Positive numbers `(N,)`."""
    return torch.rand(SAMPLES) + 0.1, torch.rand(SAMPLES) + 0.1


def vectors() -> tuple[Tensor, Tensor]:
    """Vectors `(N, 16)`."""
    return torch.randn(SAMPLES, 16), torch.randn(SAMPLES, 16)


def clusters() -> tuple[Tensor, Tensor]:
    """Vectors `(N, 16)` and clusters."""
    return torch.randn(SAMPLES, 16), torch.randint(CLASSES, (SAMPLES,))


def logits() -> tuple[Tensor, Tensor]:
    """Two distributions `(N, C)` as logits."""
    return torch.randn(SAMPLES, CLASSES), torch.randn(SAMPLES, CLASSES)


def images() -> tuple[Tensor, Tensor]:
    """Images `(8, 1, 32, 32)`: as many as a batch of samples would take a second."""
    return torch.rand(8, 1, 32, 32), torch.rand(8, 1, 32, 32)


def large_images() -> tuple[Tensor, Tensor]:
    """Images that can be halved four times."""
    return torch.rand(1, 1, 176, 176), torch.rand(1, 1, 176, 176)


def groups() -> tuple[Tensor, Tensor, Tensor]:
    """Scores, classes, and which of two groups a sample is of."""
    return *scores(), torch.randint(2, (SAMPLES,))


def segments() -> tuple[Tensor, Tensor]:
    """Categories and instances of pixels."""
    return torch.randint(2, (1, 16, 16, 2)), torch.randint(2, (1, 16, 16, 2))


def one_number() -> Tensor:
    """A loss."""
    return torch.rand(()) + 0.1


def count() -> int:
    """A number of samples."""
    return SAMPLES


def sentences() -> tuple[list[list[str]], list[list[list[str]]]]:
    """16 sentences of 12 words, and two references for each."""
    return [_words() for _ in range(16)], [[_words(), _words()] for _ in range(16)]


def lines() -> tuple[list[str], list[str]]:
    """16 lines of 12 words, and what they should be."""
    return [" ".join(_words()) for _ in range(16)], [" ".join(_words()) for _ in range(16)]


def _words() -> list[str]:
    return random.choices(["a", "bank", "called", "dawn", "ended", "few", "games", "here"], k=12)


def boxes() -> tuple[list[dict[str, Tensor]], list[dict[str, Tensor]]]:
    """Four images with eight boxes."""
    return [_boxes() | {"scores": torch.rand(8)} for _ in range(4)], [
        _boxes() | {"iscrowd": torch.zeros(8, dtype=torch.int64)} for _ in range(4)
    ]


def _boxes() -> dict[str, Tensor]:
    corners = torch.rand(8, 2) * 50
    return {"bbox": torch.cat((corners, corners + torch.rand(8, 2) * 50 + 1), 1), "labels": torch.randint(3, (8,))}


def _mean_error(y_pred: Tensor, y: Tensor) -> float:
    return (y_pred - y).mean().item()


def _as_classes(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda y_pred, y: function(y, y_pred.argmax(1), **options)


def _swapped(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda y_pred, y: function(y, y_pred, **options)


def _matrix(name: str) -> Callable[[Any], Any]:
    return lambda library: getattr(library, name)(library.ConfusionMatrix(CLASSES))


sk = sklearn.metrics
CATALOGUE: dict[str, tuple[Any, ...]] = {
    "Accuracy": (scores, (), {}, _as_classes(sk.accuracy_score)),
    "Average": (one_number,),
    "AveragePrecision": (binary, (), {}, _swapped(sk.average_precision_score)),
    "BalancedAccuracy": (scores, (), {}, _as_classes(sk.balanced_accuracy_score)),
    "Bleu": (sentences, (), {"smooth": "smooth1"}),
    "BrierScore": (binary, (), {}, _swapped(sk.brier_score_loss)),
    "CalibrationError": (probabilities,),
    "CalinskiHarabaszScore": (clusters, (), {}, sk.calinski_harabasz_score),
    "CanberraMetric": (numbers,),
    "CharacterErrorRate": (lines,),
    "ClassificationReport": (scores, (), {"output_dict": True}, _as_classes(sk.classification_report)),
    "CohenKappa": (classes, (), {}, sk.cohen_kappa_score),
    "CommonObjectDetectionMetrics": (boxes,),
    "ConfusionMatrix": (scores, (CLASSES,), {}, _as_classes(sk.confusion_matrix)),
    "CosineSimilarity": (vectors,),
    "DaviesBouldinScore": (clusters, (), {}, sk.davies_bouldin_score),
    "DemographicParityDifference": (groups, ([0, 1],)),
    "DiceCoefficient": (scores, _matrix("DiceCoefficient")),
    "Entropy": (scores,),
    "EpochMetric": (numbers, (_mean_error,)),
    "ExplainedVariance": (numbers, (), {}, _swapped(sk.explained_variance_score)),
    "FID": (vectors, (), {"num_features": 16, "feature_extractor": nn.Identity()}),
    "Fbeta": (scores, (1.0,), {}, _as_classes(sk.f1_score, average="macro")),
    "FractionalAbsoluteError": (numbers,),
    "FractionalBias": (numbers,),
    "Frequency": (count,),
    "GeometricAverage": (one_number,),
    "GeometricMeanAbsoluteError": (numbers,),
    "GeometricMeanRelativeAbsoluteError": (numbers,),
    "HSIC": (vectors,),
    "HammingLoss": (scores, (), {}, _as_classes(sk.hamming_loss)),
    "HitRate": (ranking, ([1, 5],)),
    "InceptionScore": (lambda: vectors()[0], (16, nn.Softmax(1))),
    "IoU": (scores, _matrix("IoU")),
    "JSDivergence": (logits,),
    "JaccardIndex": (scores, _matrix("JaccardIndex")),
    "KLDivergence": (logits,),
    "KendallRankCorrelation": (numbers, (), {}, scipy.stats.kendalltau),
    "Loss": (scores, (cross_entropy,)),
    "MRR": (ranking,),
    "ManhattanDistance": (numbers,),
    "MatthewsCorrCoef": (classes, (), {}, sk.matthews_corrcoef),
    "MaximumAbsoluteError": (numbers, (), {}, sk.max_error),
    "MaximumMeanDiscrepancy": (vectors,),
    "MeanAbsoluteError": (numbers, (), {}, sk.mean_absolute_error),
    "MeanAbsolutePercentageError": (numbers, (), {}, sk.mean_absolute_percentage_error),
    "MeanAbsoluteRelativeError": (numbers,),
    "MeanAveragePrecision": (scores,),
    "MeanError": (numbers,),
    "MeanNormalizedBias": (numbers,),
    "MeanPairwiseDistance": (vectors,),
    "MeanSquaredError": (numbers, (), {}, sk.mean_squared_error),
    "MedianAbsoluteError": (numbers, (), {}, sk.median_absolute_error),
    "MedianAbsolutePercentageError": (numbers,),
    "MedianRelativeAbsoluteError": (numbers,),
    "MultiLabelConfusionMatrix": (labels, (CLASSES,), {}, sk.multilabel_confusion_matrix),
    "MultiScaleSSIM": (large_images, (1.0,)),
    "MutualInformation": (scores,),
    "NDCG": (ranking, ([1, 5],), {}, _swapped(sk.ndcg_score, k=5)),
    "ObjectDetectionAvgPrecisionRecall": (boxes,),
    "PSNR": (images, (1.0,)),
    "PanopticQuality": (segments, ({0}, {1})),
    "PearsonCorrelation": (numbers, (), {}, scipy.stats.pearsonr),
    "Perplexity": (scores,),
    "Precision": (scores, (), {}, _as_classes(sk.precision_score, average=None)),
    "PrecisionRecallCurve": (binary, (), {}, _swapped(sk.precision_recall_curve)),
    "R2Score": (numbers, (), {}, _swapped(sk.r2_score)),
    "ROC_AUC": (binary, (), {}, _swapped(sk.roc_auc_score)),
    "Recall": (scores, (), {}, _as_classes(sk.recall_score, average=None)),
    "RecallAtK": (ranking, ([1, 5],)),
    "RocCurve": (binary, (), {}, _swapped(sk.roc_curve)),
    "RootMeanSquaredError": (numbers, (), {}, sk.root_mean_squared_error),
    "Rouge": (sentences,),
    "RougeL": (sentences,),
    "RougeN": (sentences,),
    "RunningAverage": (one_number, (), {"output_transform": float}),
    "SSIM": (images, (1.0,)),
    "SelectionRate": (bits,),
    "SilhouetteScore": (clusters, (), {}, sk.silhouette_score),
    "SpearmanRankCorrelation": (numbers, (), {}, scipy.stats.spearmanr),
    "Specificity": (scores,),
    "SubgroupAccuracyDifference": (groups, ([0, 1],)),
    "SymmetricMeanAbsolutePercentageError": (numbers,),
    "TopKCategoricalAccuracy": (scores, (3,), {}, _swapped(sk.top_k_accuracy_score, k=3)),
    "VariableAccumulation": (one_number, (torch.add,)),
    "WaveHedgesDistance": (numbers,),
    "WordErrorRate": (lines,),
    "cmAccuracy": (scores, _matrix("cmAccuracy")),
    "cmPrecision": (scores, _matrix("cmPrecision")),
    "cmRecall": (scores, _matrix("cmRecall")),
    "mIoU": (scores, _matrix("mIoU")),
}
"""By name: a batch; the arguments, or what makes the metric of a library; and a function of all samples."""

NOT_MEASURED = {
    *("BatchFiltered", "BatchWise", "EpochWise", "MetricUsage"),  # usages
    *("RunningBatchWise", "RunningEpochWise", "SingleEpochRunningBatchWise"),
    *("Metric", "MetricGroup", "MetricsLambda", "SubgroupDifference", "SubgroupMetric"),  # what they are made of
    "GpuInfo",  # asks a GPU
}


def made(libraries: list[Any], name: str, how: tuple[Any, ...]) -> Any:
    """The metric of that name in the first library that has it; None if none has, or something that it wants lacks."""
    library = next((library for library in libraries if hasattr(library, name)), None)
    if library is None:
        return None
    arguments = how[0] if how else ()
    options = how[1] if len(how) > 1 else {}
    try:
        return arguments(library) if callable(arguments) else getattr(library, name)(*arguments, **options)
    except ModuleNotFoundError:  # Ignite's metrics of detections want torchvision
        return None


def one_pass(metric: Any, batches: list[Any]) -> object:
    """All that a metric does in an epoch."""
    metric.reset()
    for batch in batches:
        metric.update(batch)
    return metric.compute()


def measured(name: str) -> dict[str, float]:
    """Milliseconds of a pass, by contender."""
    make_batch, *how = CATALOGUE[name]
    batches = [make_batch() for _ in range(BATCHES)]
    calls: dict[str, Callable[[], object]] = {}
    for contender, libraries in (("ours", [scaffold_runtime.metrics]), ("ignite", THEIRS)):
        metric = made(libraries, name, tuple(how))
        if metric is not None:
            calls[contender] = partial(one_pass, metric, batches)
    if len(how) == 3:
        arrays = [np.concatenate([part.numpy() for part in parts]) for parts in zip(*batches, strict=True)]
        calls["sklearn/scipy"] = partial(how[2], *arrays)
    for call in calls.values():
        call()
    seconds, end, turns = dict.fromkeys(calls, float("inf")), time.perf_counter() + SECONDS * len(calls), 0
    while turns < 2 or (turns < TURNS and time.perf_counter() < end):
        turns += 1
        for contender, call in calls.items():
            start = time.thread_time()
            call()
            seconds[contender] = min(seconds[contender], time.thread_time() - start)
    return {contender: value * 1e3 for contender, value in seconds.items()}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="of metrics; all of them unless given")
    parser.add_argument("--json", action="store_true", help="print the figures for programs")
    arguments = parser.parse_args()
    public = {name for name, value in vars(scaffold_runtime.metrics).items() if isinstance(value, type)}
    assert public == {name for name in CATALOGUE if name in public} | NOT_MEASURED, "a metric has no line"
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    random.seed(0)
    with torch.no_grad():
        figures = {name: measured(name) for name in arguments.names or CATALOGUE}
    if arguments.json:
        print(json.dumps(figures))
        return
    print(f"{'ms of a pass':<38} {'ours':>8} {'ignite':>8} {'ours/ignite':>12} {'sklearn/scipy':>14}")
    for name, values in figures.items():
        ratio = f"{values['ours'] / values['ignite']:.2f}" if "ignite" in values else ""
        ours, theirs, peers = (
            f"{values[contender]:.3f}" if contender in values else ""
            for contender in ("ours", "ignite", "sklearn/scipy")
        )
        print(f"{name:<38} {ours:>8} {theirs:>8} {ratio:>12} {peers:>14}")


if __name__ == "__main__":
    main()
