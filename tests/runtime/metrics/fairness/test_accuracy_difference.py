"""SubgroupAccuracyDifference."""

from functools import partial

import pytest
import torch
from sklearn.metrics import accuracy_score

from scaffold_runtime.metrics.fairness import SubgroupAccuracyDifference


def _difference(predictions, y, groups, which):
    values = [accuracy_score(y[groups == group], predictions[groups == group]) for group in which]
    return max(values) - min(values)


@pytest.mark.parametrize("how", [{}, {"is_binary": True}, {"dtype": torch.float16}])
@pytest.mark.parametrize("which", [[0, 1, 2, 3], [3, 0]])
def test_classes(contract, draw_grouped, how, which):
    """It is the difference of scikit-learn's accuracies of the groups that are asked for."""
    batches, *everything = draw_grouped(**how)
    expected = _difference(*everything, which)
    assert expected > 0.1
    contract(partial(SubgroupAccuracyDifference, which), batches, expected)


def test_labels(contract, draw_multilabel):
    """Multilabel samples are right when all of their labels are."""
    batches, *everything = draw_multilabel
    contract(partial(SubgroupAccuracyDifference, range(4), True), batches, _difference(*everything, range(4)))
