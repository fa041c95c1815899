"""Bleu."""

from functools import partial
from itertools import chain
from math import exp, log

import pytest
from torchmetrics.text import BLEUScore

from scaffold_runtime.metrics.nlp import Bleu


def _joined(translations):
    candidates, references = (list(chain.from_iterable(parts)) for parts in zip(*translations, strict=True))
    return [" ".join(words) for words in candidates], [[" ".join(words) for words in own] for own in references]


@pytest.mark.parametrize(("smooth", "smoothed"), [("no_smooth", False), ("smooth2", True), ("nltk_smooth2", True)])
@pytest.mark.parametrize("ngram", [1, 3, 4])
def test_micro(contract, translations, ngram, smooth, smoothed):
    """The score of all counts is torchmetrics'."""
    expected = BLEUScore(n_gram=ngram, smooth=smoothed)(*_joined(translations)).item()
    assert 0 < expected < 1
    contract(partial(Bleu, ngram, smooth, average="micro"), translations, expected, on_meta=False)


# Where no long n-gram matches, torchmetrics gives 0 even if it smooths, so that is tested by hand below.
@pytest.mark.parametrize(
    ("ngram", "smooth", "smoothed"), [(2, "no_smooth", False), (4, "no_smooth", False), (2, "smooth2", True)]
)
def test_macro(contract, translations, ngram, smooth, smoothed):
    """The mean over sentences is that of torchmetrics' scores of each."""
    pairs = list(zip(*_joined(translations), strict=True))
    scores = [BLEUScore(n_gram=ngram, smooth=smoothed)([candidate], [own]).item() for candidate, own in pairs]
    contract(partial(Bleu, ngram, smooth), translations, sum(scores) / len(scores), on_meta=False)


SEVEN_THE = ["the"] * 7
TWO = [["the", "cat", "is", "on", "the", "mat"], ["there", "is", "a", "cat", "on", "the", "mat"]]
SHORT = ["the", "cat"]


@pytest.mark.parametrize(
    ("candidate", "smooth", "precisions", "penalty"),
    [
        # Two of seven words stand in a reference, none of the pairs, triples and quadruples.
        (SEVEN_THE, "no_smooth", None, 1),
        (SEVEN_THE, "smooth1", [2 / 7, 0.1 / 6, 0.1 / 5, 0.1 / 4], 1),
        (SEVEN_THE, "smooth2", [2 / 7, 1 / 7, 1 / 6, 1 / 5], 1),
        (SEVEN_THE, "nltk_smooth2", [2 / 7, 1 / 7, 1 / 6, 1 / 5], 1),
        # Of two words there are no triples; the nearest reference has six.
        (SHORT, "smooth1", [1, 1, 0.1, 0.1], exp(1 - 6 / 2)),
        (SHORT, "smooth2", [1, 1, 1, 1], exp(1 - 6 / 2)),
        (SHORT, "nltk_smooth2", [1, 1, 1 / 2, 1 / 2], exp(1 - 6 / 2)),
    ],
)
@pytest.mark.parametrize("average", ["macro", "micro"])
def test_smoothing(candidate, smooth, precisions, penalty, average):
    """Each smoothing is what its definition gives by hand, of one sentence the same with both averages."""
    metric = Bleu(4, smooth, average=average)
    metric.update(([candidate], [TWO]))
    expected = penalty * exp(sum(map(log, precisions)) / 4) if precisions else 0
    assert metric.compute() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("smooth", ["no_smooth", "smooth1", "smooth2", "nltk_smooth2"])
@pytest.mark.parametrize("candidate", [[], ["dog"]])
def test_not_a_right_word(candidate, smooth):
    """Nothing right is worth nothing, smoothed or not."""
    metric = Bleu(smooth=smooth)
    metric.update(([candidate], [TWO]))
    assert metric.compute() == 0


def test_nearest_reference():
    """Of references equally near the shorter decides: three words, between two and four, are long enough."""
    metric = Bleu(1)
    metric.update(([list("abc")], [[list("abcd"), list("ab")]]))
    assert metric.compute() == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ngram": 0}, r"^`ngram` should be at least 1, got 0\.$"),
        ({"smooth": "x"}, r"^`smooth` should be 'no_smooth', 'smooth1', 'nltk_smooth2' or 'smooth2', got 'x'\.$"),
        ({"average": "all"}, r"^`average` should be 'macro' or 'micro', got 'all'\.$"),
    ],
)
def test_wrong_arguments(arguments, message):
    """An argument that is none of the known ones is refused."""
    with pytest.raises(ValueError, match=message):
        Bleu(**arguments)
