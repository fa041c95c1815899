"""Average; what it has in common with the geometric one is in `test_accumulation.py`."""

import torch

from scaffold_runtime.metrics import Average
from scaffold_runtime.metrics.accumulation import Average as AverageOfIgnite


def test_vectors(contract):
    """A tensor with one axis is a single sample."""
    contract(Average, [torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), torch.tensor([5.0, 9.0])], [3.0, 5.0])


def test_a_rank_without_a_sample(two_processes):
    """It takes the shape that the others' samples have, and adds nothing."""
    own = [torch.tensor([[1.0, 2.0], [3.0, 6.0]])]
    found = two_processes.run("compute", [(Average(), []), (Average(), own)])
    assert [value.tolist() for value in found] == [[2.0, 4.0]] * 2


def test_where_ignite_has_it():
    """It is one class under both names."""
    assert AverageOfIgnite is Average
