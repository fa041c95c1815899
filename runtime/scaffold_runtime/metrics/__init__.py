"""Metrics: exact over batches and processes, and never waiting for the device in `update`.

What users name is here, where PyTorch-Ignite has it; what only serves these metrics is in `machinery/`.

How to add one: a file of its own here, a class derived from `Metric` that

1. takes its own arguments, `output_transform`, and `**options: Unpack[MetricOptions]`, which it hands on to
   `super().__init__`; after that it declares its states:
   `self.add_state("_sum", torch.tensor(0.0, dtype=torch.float64), reduce="sum")`. A tensor lives on the device, a
   number (of samples, which shapes tell) on the host, None is shaped by the first batch, `[]` is concatenated;
2. in `update`, takes the batch with `self.take_pair(output)`, checks shapes and dtypes, and adds to its states, with
   `shared(self, function, y_pred, y)` of `machinery.batch_results` for whatever other metrics may want of the same
   batch. No `.item()`, no `.cpu()`, no `if tensor`, no shape that depends on values (boolean masks, `nonzero`,
   `unique`, `bincount`): a number that may be read at once, `machinery.states.without_wait` gives;
3. in `compute`, raises `NotComputableError` if it has seen nothing, and returns a float, or a tensor where there
   are several. The states are already those of all processes; nothing has to be reduced.

One of predicted and true classes derives from `machinery.classification_metric.ClassificationMetric` and has
`count(labels)` in place of `update`: the labels of a batch are read once for all metrics of an engine.

Then a line below, a test file of the same name (how torch-scaffold tests its own, is said in the README of its
`tests/runtime/metrics/`), and that is all: `reset`, `attach`, `state_dict`, arithmetic and synchronisation follow
from the declarations.
"""

from .accumulation import GeometricAverage as GeometricAverage
from .accumulation import VariableAccumulation as VariableAccumulation
from .accuracy import Accuracy as Accuracy
from .average import Average as Average
from .average_precision import AveragePrecision as AveragePrecision
from .balanced_accuracy import BalancedAccuracy as BalancedAccuracy
from .brier_score import BrierScore as BrierScore
from .calibration_error import CalibrationError as CalibrationError
from .classification_report import ClassificationReport as ClassificationReport
from .clustering.calinski_harabasz_score import CalinskiHarabaszScore as CalinskiHarabaszScore
from .clustering.davies_bouldin_score import DaviesBouldinScore as DaviesBouldinScore
from .clustering.silhouette_score import SilhouetteScore as SilhouetteScore
from .cm_rates import cmAccuracy as cmAccuracy
from .cm_rates import cmPrecision as cmPrecision
from .cm_rates import cmRecall as cmRecall
from .cohen_kappa import CohenKappa as CohenKappa
from .confusion_matrix import ConfusionMatrix as ConfusionMatrix
from .cosine_similarity import CosineSimilarity as CosineSimilarity
from .dice_coefficient import DiceCoefficient as DiceCoefficient
from .entropy import Entropy as Entropy
from .epoch_metric import EpochMetric as EpochMetric
from .fairness.accuracy_difference import SubgroupAccuracyDifference as SubgroupAccuracyDifference
from .fairness.base import SubgroupDifference as SubgroupDifference
from .fairness.base import SubgroupMetric as SubgroupMetric
from .fairness.demographic_parity import DemographicParityDifference as DemographicParityDifference
from .fairness.demographic_parity import SelectionRate as SelectionRate
from .fbeta import Fbeta as Fbeta
from .frequency import Frequency as Frequency
from .gan.fid import FID as FID
from .gan.inception_score import InceptionScore as InceptionScore
from .gpu_info import GpuInfo as GpuInfo
from .hamming_loss import HammingLoss as HammingLoss
from .hsic import HSIC as HSIC
from .iou import IoU as IoU
from .iou import JaccardIndex as JaccardIndex
from .iou import mIoU as mIoU
from .js_divergence import JSDivergence as JSDivergence
from .kl_divergence import KLDivergence as KLDivergence
from .loss import Loss as Loss
from .machinery.sequence_transform import get_sequence_transform as get_sequence_transform
from .machinery.written_for_ignite import reinit__is_reduced as reinit__is_reduced
from .machinery.written_for_ignite import sync_all_reduce as sync_all_reduce
from .matthews_corrcoef import MatthewsCorrCoef as MatthewsCorrCoef
from .maximum_mean_discrepancy import MaximumMeanDiscrepancy as MaximumMeanDiscrepancy
from .mean_absolute_error import MeanAbsoluteError as MeanAbsoluteError
from .mean_average_precision import MeanAveragePrecision as MeanAveragePrecision
from .mean_pairwise_distance import MeanPairwiseDistance as MeanPairwiseDistance
from .mean_squared_error import MeanSquaredError as MeanSquaredError
from .metric import EpochWise as EpochWise
from .metric import Metric as Metric
from .metric import MetricUsage as MetricUsage
from .metric_group import MetricGroup as MetricGroup
from .metrics_lambda import MetricsLambda as MetricsLambda
from .ms_ssim import MultiScaleSSIM as MultiScaleSSIM
from .multilabel_confusion_matrix import MultiLabelConfusionMatrix as MultiLabelConfusionMatrix
from .mutual_information import MutualInformation as MutualInformation
from .nlp.bleu import Bleu as Bleu
from .nlp.character_error_rate import CharacterErrorRate as CharacterErrorRate
from .nlp.perplexity import Perplexity as Perplexity
from .nlp.rouge import Rouge as Rouge
from .nlp.rouge import RougeL as RougeL
from .nlp.rouge import RougeN as RougeN
from .nlp.word_error_rate import WordErrorRate as WordErrorRate
from .precision import Precision as Precision
from .precision_recall_curve import PrecisionRecallCurve as PrecisionRecallCurve
from .psnr import PSNR as PSNR
from .rec_sys.hitrate import HitRate as HitRate
from .rec_sys.mrr import MRR as MRR
from .rec_sys.ndcg import NDCG as NDCG
from .rec_sys.recall_at_k import RecallAtK as RecallAtK
from .recall import Recall as Recall
from .regression.canberra_metric import CanberraMetric as CanberraMetric
from .regression.explained_variance import ExplainedVariance as ExplainedVariance
from .regression.fractional_absolute_error import FractionalAbsoluteError as FractionalAbsoluteError
from .regression.fractional_bias import FractionalBias as FractionalBias
from .regression.geometric_mean_absolute_error import GeometricMeanAbsoluteError as GeometricMeanAbsoluteError
from .regression.geometric_mean_relative_absolute_error import (
    GeometricMeanRelativeAbsoluteError as GeometricMeanRelativeAbsoluteError,
)
from .regression.kendall_correlation import KendallRankCorrelation as KendallRankCorrelation
from .regression.manhattan_distance import ManhattanDistance as ManhattanDistance
from .regression.maximum_absolute_error import MaximumAbsoluteError as MaximumAbsoluteError
from .regression.mean_absolute_percentage_error import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from .regression.mean_absolute_relative_error import MeanAbsoluteRelativeError as MeanAbsoluteRelativeError
from .regression.mean_error import MeanError as MeanError
from .regression.mean_normalized_bias import MeanNormalizedBias as MeanNormalizedBias
from .regression.median_absolute_error import MedianAbsoluteError as MedianAbsoluteError
from .regression.median_absolute_percentage_error import MedianAbsolutePercentageError as MedianAbsolutePercentageError
from .regression.median_relative_absolute_error import MedianRelativeAbsoluteError as MedianRelativeAbsoluteError
from .regression.pearson_correlation import PearsonCorrelation as PearsonCorrelation
from .regression.r2_score import R2Score as R2Score
from .regression.spearman_correlation import SpearmanRankCorrelation as SpearmanRankCorrelation
from .regression.symmetric_mean_absolute_percentage_error import (
    SymmetricMeanAbsolutePercentageError as SymmetricMeanAbsolutePercentageError,
)
from .regression.wave_hedges_distance import WaveHedgesDistance as WaveHedgesDistance
from .roc_auc import ROC_AUC as ROC_AUC
from .roc_curve import RocCurve as RocCurve
from .root_mean_squared_error import RootMeanSquaredError as RootMeanSquaredError
from .running_average import RunningAverage as RunningAverage
from .specificity import Specificity as Specificity
from .ssim import SSIM as SSIM
from .top_k_categorical_accuracy import TopKCategoricalAccuracy as TopKCategoricalAccuracy
from .usages import BatchFiltered as BatchFiltered
from .usages import BatchWise as BatchWise
from .usages import RunningBatchWise as RunningBatchWise
from .usages import RunningEpochWise as RunningEpochWise
from .usages import SingleEpochRunningBatchWise as SingleEpochRunningBatchWise
from .vision.object_detection_average_precision_recall import (
    CommonObjectDetectionMetrics as CommonObjectDetectionMetrics,
)
from .vision.object_detection_average_precision_recall import (
    ObjectDetectionAvgPrecisionRecall as ObjectDetectionAvgPrecisionRecall,
)
from .vision.object_detection_average_precision_recall import (
    coco_tensor_list_to_dict_list as coco_tensor_list_to_dict_list,
)
from .vision.panoptic_quality import PanopticQuality as PanopticQuality
