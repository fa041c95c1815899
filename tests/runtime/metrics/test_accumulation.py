"""VariableAccumulation and GeometricAverage; Average, where they are alike."""

import operator
from functools import partial

import pytest
import torch
from scipy.stats import gmean

from scaffold_runtime.metrics import Average, GeometricAverage, VariableAccumulation


@pytest.mark.parametrize("make", [Average, GeometricAverage])
def test_numbers(contract, make):
    """Numbers count as one sample each."""
    values = [1.0, 4, 2.5, 8.0]
    expected = sum(values) / 4 if make is Average else gmean(values)
    contract(make, values, expected, on_meta=False)


@pytest.mark.parametrize("make", [Average, GeometricAverage])
def test_rows(contract, draw, make):
    """Rows of a tensor are samples, and each column has its own average."""
    batches = [torch.rand(n, 3, generator=draw) + 0.1 for n in (4, 4, 1)]
    rows = torch.cat(batches).double().numpy()
    contract(make, batches, rows.mean(0) if make is Average else gmean(rows, axis=0))


def test_accumulation_before_the_first_batch():
    """A sum of nothing is nothing, not an error."""
    total, count = VariableAccumulation(operator.add).compute()
    assert (total.item(), count) == (0.0, 0)


def test_accumulation(two_processes):
    """Processes' accumulators are added, their samples counted; one of them saw nothing."""
    arguments = [(VariableAccumulation(operator.add), own) for own in ([torch.tensor(2.0), 3.0], [])]
    assert two_processes.run("compute", arguments) == [(torch.tensor(5.0, dtype=torch.float64), 2)] * 2


def test_wrong_arguments():
    """Text is no variable, and a number no operation."""
    with pytest.raises(TypeError, match=r"^Average takes a number or a tensor, got str\."):
        Average().update("1")
    with pytest.raises(TypeError, match=r"^`op` should be a callable of \(accumulator, x\), got 1\.$"):
        partial(VariableAccumulation, 1)()


@pytest.mark.parametrize("make", [Average, GeometricAverage])
@pytest.mark.parametrize("sizes", [(8, 3), (3, 1)])
def test_samples_of_another_shape(make, sizes):
    """They are refused, one that would be spread over the others too, and leave the average as it was."""
    average = make()
    average.update(torch.ones(sizes[0]))
    with pytest.raises(ValueError, match=r".") as error:
        average.update(torch.ones(sizes[1]))
    assert str(error.value) == (
        f"Samples should be of one shape, got ({sizes[1]},) after ({sizes[0]},). "
        "A tensor with one axis is a single sample: give numbers as (N, 1)."
    )
    assert average.compute().tolist() == [1.0] * sizes[0]
