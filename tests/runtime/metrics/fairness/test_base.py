"""SubgroupMetric and SubgroupDifference."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, mean_absolute_error, precision_score

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics import (
    Accuracy,
    ClassificationReport,
    MeanAbsoluteError,
    MetricGroup,
    Precision,
    RocCurve,
)
from scaffold_runtime.metrics.fairness import SubgroupDifference, SubgroupMetric

NAMES = ("ash", "birch", "cedar", "date")


def _named(batches):
    return [(y_pred, y, [NAMES[label] for label in labels.tolist()]) for y_pred, y, labels in batches]


def test_accuracy(contract, draw_grouped):
    """It is scikit-learn's accuracy of each group; samples of others are left out."""
    batches, predictions, y, groups = draw_grouped()
    expected = {NAMES[group]: accuracy_score(y[groups == group], predictions[groups == group]) for group in (1, 0, 3)}
    contract(partial(SubgroupMetric, Accuracy(), ["birch", "ash", "date"]), _named(batches), expected)


def test_errors(contract, draw_grouped):
    """Any metric will do, of one number for a sample too."""
    batches, predictions, y, groups = draw_grouped(is_binary=True)
    batches = [(y_pred.float() + 0.25, y.float(), labels.tolist()) for y_pred, y, labels in batches]
    expected = {g: mean_absolute_error(y[groups == g], predictions[groups == g] + 0.25) for g in range(4)}
    contract(partial(SubgroupMetric, MeanAbsoluteError(), range(4)), batches, expected)


def test_difference(contract, draw_grouped):
    """It is the accuracy of the best group less that of the worst."""
    batches, predictions, y, groups = draw_grouped()
    values = [accuracy_score(y[groups == group], predictions[groups == group]) for group in range(4)]
    contract(partial(SubgroupDifference, Accuracy(), NAMES), _named(batches), max(values) - min(values))


def test_difference_of_several_values(contract, draw_grouped):
    """Where a metric has a value for each class, the class of the largest difference decides."""
    batches, predictions, y, groups = draw_grouped()
    values = np.stack(
        [precision_score(y[groups == g], predictions[groups == g], average=None, zero_division=0) for g in range(4)]
    )
    expected = (values.max(0) - values.min(0)).max()
    contract(partial(SubgroupDifference, Precision(average=False), NAMES), _named(batches), expected)


def test_labels_in_a_tensor(draw_grouped):
    """Labels may be a tensor, too, of which the same comes out."""
    batches, *_ = draw_grouped()
    tensors, lists = (SubgroupMetric(Accuracy(), range(4)) for _ in range(2))
    for y_pred, y, labels in batches:
        tensors.update((y_pred, y, labels))
        lists.update((y_pred, y, labels.tolist()))
    assert tensors.compute() == lists.compute()


def test_the_given_metric_stays_as_it_is():
    """Groups have metrics of their own, and that which was given is none of them."""
    accuracy = Accuracy()
    metric = SubgroupMetric(accuracy, [0, 1])
    metric.update((torch.tensor([1, 0]), torch.tensor([1, 1]), torch.tensor([0, 1])))
    assert metric.compute() == {0: 1.0, 1: 0.0}
    with pytest.raises(NotComputableError):
        accuracy.compute()


def test_with_an_engine(draw_grouped):
    """An engine's mapping is read by `group_labels`; another metric beside it changes nothing."""
    batches, predictions, y, groups = draw_grouped()
    engine = Engine(lambda engine, batch: dict(zip(("y_pred", "y", "group_labels"), batch, strict=True)))
    SubgroupMetric(Accuracy(), [2]).attach(engine, "groups")
    Accuracy().attach(engine, "all")
    values = engine.run(batches).metrics
    assert values["groups"] == {2: accuracy_score(y[groups == 2], predictions[groups == 2])}
    assert values["all"] == accuracy_score(y, predictions)


def test_one_group_has_no_other():
    """A difference needs two groups with samples."""
    metric = SubgroupDifference(Accuracy(), [0, 1])
    metric.update((torch.tensor([1]), torch.tensor([1]), torch.tensor([0])))
    with pytest.raises(
        NotComputableError, match=r"^SubgroupDifference compares two groups, and there are samples of one only\.$"
    ):
        metric.compute()


def test_a_group_without_a_sample():
    """Such a group has no value, and takes no part in a difference."""
    values, difference = (make(Accuracy(), [0, 1, 2]) for make in (SubgroupMetric, SubgroupDifference))
    for metric in (values, difference):
        metric.update((torch.tensor([1, 1, 0]), torch.tensor([1, 1, 1]), torch.tensor([0, 2, 2])))
    assert values.compute() == {0: 1.0, 2: 0.5}
    assert difference.compute() == 0.5


def test_no_group():
    """Without a sample of any group there is nothing."""
    metric = SubgroupMetric(Accuracy(), [0, 1])
    metric.update((torch.tensor([1]), torch.tensor([1]), torch.tensor([7])))
    with pytest.raises(
        NotComputableError, match=r"^SubgroupMetric has seen no sample of a group\. Call `update` before `compute`\.$"
    ):
        metric.compute()


def test_a_mapping_has_no_difference():
    """A metric whose value is a mapping is refused, by its keys."""
    metric = SubgroupDifference(MetricGroup({"accuracy": Accuracy()}), [0, 1])
    metric.update((torch.tensor([1, 0]), torch.tensor([1, 1]), torch.tensor([0, 1])))
    with pytest.raises(
        TypeError,
        match=r"^SubgroupDifference compares numbers, and its metric gives a mapping with the keys \['accuracy'\]\. "
        r"Pick one with `base_metric\[key\]`\.$",
    ):
        metric.compute()
    picked = SubgroupDifference(MetricGroup({"accuracy": Accuracy()})["accuracy"], [0, 1])
    picked.update((torch.tensor([1, 0]), torch.tensor([1, 1]), torch.tensor([0, 1])))
    assert picked.compute() == 1.0


@pytest.mark.parametrize("groups", [[], [0, 1, 0]])
def test_wrong_groups(groups):
    """Each group is named once."""
    with pytest.raises(ValueError, match=r"^`groups` should name each group once, got \[.*\]\.$"):
        SubgroupMetric(Accuracy(), groups)


def test_wrong_labels():
    """There is one label for each sample."""
    y_pred, y = torch.tensor([1, 0]), torch.tensor([1, 1])
    metric = SubgroupMetric(Accuracy(), [0])
    with pytest.raises(
        ValueError, match=r"^`y_pred`, `y` and `group_labels` should have as many samples, got 2, 2 and 1\.$"
    ):
        metric.update((y_pred, y, [0]))
    with pytest.raises(ValueError, match=r"^`group_labels` should be \(N,\), got \(2, 1\)\.$"):
        metric.update((y_pred, y, torch.zeros(2, 1)))


@pytest.mark.parametrize("batch", [(torch.zeros(2), torch.zeros(2)), None, (torch.zeros(2),) * 4])
def test_wrong_batches(batch):
    """A batch is predictions, targets and labels, and nothing else."""
    with pytest.raises(TypeError, match=r"^A batch should be tensors \(y_pred, y, group_labels\), got "):
        SubgroupMetric(Accuracy(), [0]).update(batch)


def test_a_class_is_no_metric():
    """A metric's class in place of a metric is refused."""
    with pytest.raises(TypeError, match=r"^`base_metric` should be a metric, such as `Accuracy\(\)`, got <class "):
        SubgroupMetric(Accuracy, [0])


def test_groups_in_a_tensor():
    """Groups may be a tensor, too: that of all labels that occur."""
    metric = SubgroupMetric(Accuracy(), torch.tensor([0, 1]))
    metric.update((torch.tensor([1, 0]), torch.tensor([1, 1]), torch.tensor([0, 1])))
    assert metric.compute() == {0: 1.0, 1: 0.0}
    with pytest.raises(ValueError, match=r"^`groups` should name each group once, got \[0, 0\]\.$"):
        SubgroupMetric(Accuracy(), torch.tensor([0, 0]))


@pytest.mark.parametrize(
    ("base_metric", "what"), [(RocCurve(), r"\(Tensor, Tensor, Tensor\)"), (ClassificationReport(), "'str'")]
)
def test_what_is_no_number_has_no_difference(base_metric, what):
    """Curves and text are refused by what they are."""
    metric = SubgroupDifference(base_metric, [0, 1])
    metric.update((torch.tensor([1.0, 0.0]), torch.tensor([1, 1]), torch.tensor([0, 1])))
    with pytest.raises(TypeError, match=rf"^SubgroupDifference compares numbers, and its metric gives {what}\.$"):
        metric.compute()
