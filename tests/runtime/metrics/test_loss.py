"""Loss."""

from functools import partial

import pytest
import torch
from torch.nn.functional import cross_entropy, mse_loss

from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics import Loss


def test_mean_over_samples(contract, draw):
    """It is the loss over all samples at once, whatever the batches' sizes, an empty one among them."""
    batches = [(torch.randn(n, 5, generator=draw), torch.randint(5, (n,), generator=draw)) for n in (8, 8, 0, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(partial(Loss, cross_entropy), batches, cross_entropy(scores.double(), y).item())


def test_half_precision(contract, draw):
    """Batches in half precision are summed in double."""
    batches = [(torch.rand(4, generator=draw).half(), torch.rand(4, generator=draw).half()) for _ in range(3)]
    contract(partial(Loss, mse_loss), batches, sum(mse_loss(p, y).item() for p, y in batches) / 3)


def test_arguments_of_the_loss(contract, draw):
    """A third part of the output is given to the loss by name, and `batch_size` counts samples."""
    batches = [(torch.rand(4, generator=draw), torch.rand(4, generator=draw), {"weight": torch.ones(4)}) for _ in "abc"]
    expected = sum(mse_loss(p, y).item() for p, y, _ in batches) / 3
    contract(partial(Loss, mse_loss, batch_size=torch.numel), batches, expected)


@pytest.mark.parametrize("options", [{}, {"criterion_kwargs": {}}, {"criterion_kwargs": {"reduction": "sum"}}])
def test_arguments_of_the_loss_in_a_mapping(options):
    """The entry `criterion_kwargs` of an output is given to the loss by name, and need not be there."""
    evaluator = Engine(lambda engine, batch: {"y_pred": batch, "y": torch.zeros(2)} | options)
    Loss(mse_loss).attach(evaluator, "loss")
    state = evaluator.run([torch.tensor([1.0, 2.0])])
    assert state.metrics["loss"] == (5.0 if options.get("criterion_kwargs") else 2.5)


def test_a_mapping_of_other_names():
    """A loss that names what it takes of a mapping gets that, in this order."""

    class Weighted(Loss):
        required_output_keys = ("y", "y_pred", "criterion_kwargs")

    evaluator = Engine(lambda engine, batch: batch)
    Weighted(lambda y, y_pred, offset: (2 * y - y_pred).mean() + offset).attach(evaluator, "loss")
    batch = {"y_pred": torch.tensor([1.0]), "y": torch.tensor([3.0]), "criterion_kwargs": {"offset": 0.5}}
    assert evaluator.run([batch]).metrics["loss"] == 5.5


def test_loss_of_each_sample():
    """A loss that is not averaged is refused, with its shape."""
    with pytest.raises(
        ValueError, match=r"without dimensions, got a tensor of shape \(4,\)\. Give it `reduction='mean'`\.$"
    ):
        Loss(partial(mse_loss, reduction="none")).update((torch.zeros(4), torch.zeros(4)))


def test_targets_in_a_list():
    """A list has as many samples as it is long, as for `len`."""
    loss = Loss(lambda y_pred, y: (y_pred - torch.stack(y)).mean())
    loss.update((torch.tensor([3.0, 5.0]), [torch.tensor(1.0), torch.tensor(2.0)]))
    loss.update((torch.tensor([9.0]), [torch.tensor(4.0)]))
    assert loss.compute() == pytest.approx(10 / 3)


def test_wrong_output():
    """What has no targets is refused, and a loss that is no tensor."""
    with pytest.raises(TypeError, match=r"^A batch should be tensors \(y_pred, y\), got \(Tensor\)\. An "):
        Loss(mse_loss).update((torch.zeros(4),))
    with pytest.raises(TypeError, match=r"^`loss_fn` should give the mean over the batch, a .* got 'float'\. Give"):
        Loss(lambda y_pred, y: 0.5).update((torch.zeros(4), torch.zeros(4)))
