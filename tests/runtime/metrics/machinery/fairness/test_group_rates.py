"""What differences of rates between groups refuse, and how they read further axes."""

import pytest
import torch

from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics.fairness import DemographicParityDifference, SubgroupAccuracyDifference

BOTH = [DemographicParityDifference, SubgroupAccuracyDifference]


@pytest.mark.parametrize("make", BOTH)
def test_further_axes(make):
    """All that a sample has along further axes is of its group: 3 of 4 yes and right, and 1 of 4."""
    metric = make([5, 9])
    y_pred = torch.tensor([[[1, 1], [1, 0]], [[0, 0], [0, 1]], [[1, 1], [1, 1]]])
    metric.update((y_pred, torch.ones_like(y_pred), torch.tensor([5, 9, 7])))
    assert metric.compute() == 0.5


@pytest.mark.parametrize("make", BOTH)
def test_one_group_has_no_other(make):
    """A difference needs two groups with samples."""
    metric = make([0, 1])
    with pytest.raises(NotComputableError, match=r" compares two groups, and there are samples of 0\.$"):
        metric.compute()
    metric.update((torch.tensor([1, 1]), torch.tensor([1, 1]), torch.tensor([0, 7])))
    with pytest.raises(NotComputableError, match=r" compares two groups, and there are samples of 1\.$"):
        metric.compute()


@pytest.mark.parametrize("make", BOTH)
def test_an_empty_batch(make):
    """A batch without a sample changes nothing."""
    metric, nothing = make([0, 1]), torch.zeros(0, dtype=torch.int64)
    metric.update((torch.tensor([1, 0]), torch.tensor([1, 1]), torch.tensor([0, 1])))
    metric.update((nothing, nothing, nothing))
    assert metric.compute() == 1.0


@pytest.mark.parametrize("make", BOTH)
def test_wrong_arguments(make):
    """Each group is named once, and each sample has one label."""
    with pytest.raises(ValueError, match=r"^`groups` should name each group once, got \[1, 1\]\.$"):
        make([1, 1])
    with pytest.raises(ValueError, match=r"^`group_labels` should be \(N,\), .+, got \(2,\) and \(3,\)\.$"):
        make([0, 1]).update((torch.zeros(3, 2), torch.zeros(3), torch.zeros(2)))


@pytest.mark.parametrize("make", BOTH)
def test_groups_that_are_text(make):
    """Groups of which a tensor holds no label are refused at once."""
    with pytest.raises(
        TypeError, match=r"^`groups` should be numbers, .*, got \['a', 'b'\]\. `SubgroupDifference` takes "
    ):
        make(["a", "b"])
