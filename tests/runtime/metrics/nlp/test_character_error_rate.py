"""CharacterErrorRate."""

from itertools import chain

import torch
from torchmetrics.text import CharErrorRate

from scaffold_runtime.metrics.nlp import CharacterErrorRate


def test_texts(contract, draw, draw_words):
    """It is torchmetrics'; texts differ in length, and some are empty."""
    batches = [
        tuple([" ".join(draw_words(n)) for n in torch.randint(6, (size,), generator=draw)] for _ in "ab")
        for size in (5, 5, 2)
    ]
    predictions, targets = (list(chain.from_iterable(parts)) for parts in zip(*batches, strict=True))
    assert "" in predictions + targets
    contract(CharacterErrorRate, batches, CharErrorRate()(predictions, targets).item(), on_meta=False)


def test_characters():
    """Each character counts for one, a space and a letter with an accent too: 2 edits of 6."""
    metric = CharacterErrorRate()
    metric.update(("caféau", "café o"))
    assert metric.compute() == 2 / 6
