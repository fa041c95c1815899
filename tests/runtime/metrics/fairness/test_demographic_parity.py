"""SelectionRate and DemographicParityDifference."""

from functools import partial

import numpy as np
import pytest
import torch

from scaffold_runtime.metrics.fairness import DemographicParityDifference, SelectionRate


def _rates(predictions, num_classes):
    return np.bincount(predictions.numpy(), minlength=num_classes) / len(predictions)


@pytest.mark.parametrize("is_binary", [False, True])
def test_rates(contract, draw_grouped, is_binary):
    """They are NumPy's counts of the predictions, by class."""
    batches, predictions, _, _ = draw_grouped(is_binary)
    batches = [(y_pred, y) for y_pred, y, _ in batches]
    contract(SelectionRate, batches, _rates(predictions, 2 if is_binary else 4))


def test_rates_of_labels(contract, draw_multilabel):
    """Of multilabel data there is the rate of each label."""
    batches, predictions, _, _ = draw_multilabel
    contract(
        partial(SelectionRate, is_multilabel=True),
        [(y_pred, y) for y_pred, y, _ in batches],
        predictions.double().mean(0),
    )


def test_probabilities():
    """A probability above a half is a yes."""
    rate = SelectionRate()
    rate.update((torch.tensor([0.9, 0.6, 0.5, 0.1, 0.2]), torch.zeros(5)))
    assert rate.compute().tolist() == [0.6, 0.4]


@pytest.mark.parametrize("how", [{}, {"is_binary": True}, {"dtype": torch.float16}])
@pytest.mark.parametrize("which", [[0, 1, 2, 3], [2, 0]])
def test_differences(contract, draw_grouped, how, which):
    """It is the largest difference of NumPy's rates, over classes."""
    batches, predictions, _, groups = draw_grouped(**how)
    rates = np.stack([_rates(predictions[groups == group], 4) for group in which])
    contract(partial(DemographicParityDifference, which), batches, (rates.max(0) - rates.min(0)).max())


def test_differences_of_labels(contract, draw_multilabel):
    """Of multilabel data it is the label of the largest difference."""
    batches, predictions, _, groups = draw_multilabel
    rates = np.stack([predictions[groups == group].double().mean(0) for group in range(4)])
    contract(partial(DemographicParityDifference, range(4), True), batches, (rates.max(0) - rates.min(0)).max())
