"""WordErrorRate."""

from itertools import chain

import torch
from torchmetrics.text import WordErrorRate as Reference

from scaffold_runtime.metrics.nlp import WordErrorRate


def test_texts(contract, draw, draw_words):
    """It is torchmetrics'; texts differ in length, and some are empty."""
    batches = [
        tuple([" ".join(draw_words(n)) for n in torch.randint(6, (size,), generator=draw)] for _ in "ab")
        for size in (5, 5, 2)
    ]
    predictions, targets = (list(chain.from_iterable(parts)) for parts in zip(*batches, strict=True))
    assert "" in predictions + targets
    contract(WordErrorRate, batches, Reference()(predictions, targets).item(), on_meta=False)


def test_white_space():
    """Any white space separates words, and how much of it does not matter."""
    metric = WordErrorRate()
    metric.update((" one\ttwo \n three", "one two three four"))
    assert metric.compute() == 1 / 4
