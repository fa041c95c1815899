"""Perplexity."""

from functools import partial
from math import inf, log

import pytest
import torch
from torchmetrics.text import Perplexity as Reference

from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics.nlp import Perplexity


@pytest.mark.parametrize("ignored", [-100, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_tokens(contract, draw, dtype, ignored):
    """It is torchmetrics' (vocabulary last) in double precision, of half precision too; tokens are ignored."""
    sizes = (4, 4, 1)
    batches = [
        (torch.randn(n, 6, 5, generator=draw).to(dtype), torch.randint(6, (n, 5), generator=draw)) for n in sizes
    ]
    logits, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = Reference(ignore_index=ignored)(logits.double().transpose(1, 2), y).item()
    contract(partial(Perplexity, ignore_index=ignored), batches, expected)


def test_one_token_for_each_sample():
    """Without a length axis it is the same: probabilities 1/2 and 1/8 make 4."""
    metric = Perplexity()
    metric.update((torch.tensor([[0.5, 0.5], [0.875, 0.125]]).log(), torch.tensor([0, 1])))
    assert metric.compute() == pytest.approx(4, rel=1e-6)


def test_a_lost_model():
    """A loss too large for an exponential is infinite, and NaN stays NaN."""
    for logit, expected in ((1e6, inf), (float("nan"), None)):
        metric = Perplexity()
        metric.update((torch.tensor([[0.0, logit]]), torch.tensor([0])))
        assert metric.compute() == expected or (expected is None and metric.compute() != metric.compute())


@pytest.mark.parametrize("num_batches", [1, 1000])
def test_small_beside_large(num_batches):
    """A thousand small losses are not lost beside a large one, of one batch or of another."""
    logits = torch.zeros(1001, 2)
    logits[0, 1] = 1e8
    metric = Perplexity()
    for batch in logits.chunk(num_batches):
        metric.update((batch, torch.zeros(len(batch), dtype=torch.int64)))
    assert float(metric._sum) == pytest.approx(1e8 + 1000 * log(2), rel=0, abs=1e-3)


def test_all_ignored():
    """Without a token there is nothing to compute."""
    metric = Perplexity()
    metric.update((torch.zeros(2, 5, 3), torch.full((2, 3), -100)))
    with pytest.raises(NotComputableError, match=r"^Perplexity has seen no token\. Call `update` before `compute`\.$"):
        metric.compute()


@pytest.mark.parametrize("shapes", [((2, 5, 3), (2, 4)), ((2, 3, 5), (2, 5, 1)), ((5,), ()), ((2, 5), (3,))])
def test_wrong_shapes(shapes):
    """The vocabulary is on axis 1, and the other axes are equal."""
    scores, y = shapes
    with pytest.raises(
        ValueError,
        match=r"^`y_pred` and `y` should be \(N, C, \.\.\.\) and \(N, \.\.\.\), got .+\. The vocabulary is on axis 1",
    ):
        Perplexity().update((torch.zeros(scores), torch.zeros(y, dtype=torch.int64)))


def test_tokens_of_any_width():
    """Tokens are integers of any width, and of the vocabulary."""
    scores, y = torch.randn(2, 5, 3), torch.tensor([[0, 1, 2], [4, 3, 0]])
    values = []
    for dtype in (torch.int64, torch.int32, torch.uint8):
        metric = Perplexity()
        metric.update((scores, y.to(dtype)))
        values.append(metric.compute())
    assert values == [values[0]] * 3
    with pytest.raises(TypeError, match=r"^`y` should hold the indices of tokens, integers, got torch\.float32\.$"):
        Perplexity().update((scores, y.float()))
    with pytest.raises(ValueError, match=r"^Tokens should lie in \[0, 4\], got values from 1 to 5\.$"):
        Perplexity().update((scores, y + 1))
