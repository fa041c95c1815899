"""RougeN, RougeL and Rouge."""

from collections import Counter
from functools import partial

import pytest

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.metrics.nlp import Rouge, RougeL, RougeN


def _grams(words, n):
    return Counter(tuple(words[start : start + n]) for start in range(len(words) - n + 1))


def _gram_overlap(n, candidate, reference):
    ours, theirs = _grams(candidate, n), _grams(reference, n)
    return sum(min(count, theirs[gram]) for gram, count in ours.items()), sum(ours.values()), sum(theirs.values())


def _subsequence_overlap(candidate, reference):
    row = [0] * (len(reference) + 1)
    for word in candidate:
        above, row = row, [0]
        for place, other in enumerate(reference):
            row.append(above[place] + 1 if word == other else max(above[place + 1], row[place]))
    return row[-1], len(candidate), len(reference)


def _expected(translations, name, overlap, multiref, alpha):
    """The means of precision, recall and F-score, by the definition."""
    rows = []
    for candidates, references in translations:
        for candidate, own in zip(candidates, references, strict=True):
            overlaps = [overlap(candidate, reference) for reference in own]
            if multiref == "best":
                matches, ours, theirs = max(overlaps, key=lambda counts: counts[0] / max(counts[2], 1))
            else:
                matches, ours, theirs = map(sum, zip(*overlaps, strict=True))
            p, r = matches / max(ours, 1), matches / max(theirs, 1)
            rows.append((p, r, p * r / ((1 - alpha) * p + alpha * r) if matches else 0))
    return {
        f"{name}-{letter}": sum(parts) / len(rows) for letter, parts in zip("PRF", zip(*rows, strict=True), strict=True)
    }


@pytest.mark.parametrize("multiref", ["average", "best"])
@pytest.mark.parametrize(("ngram", "alpha"), [(1, 0), (2, 0.5), (4, 1)])
def test_ngrams(contract, translations, ngram, alpha, multiref):
    """N-grams are counted, over one to three references, as the definition says."""
    expected = _expected(translations, f"Rouge-{ngram}", partial(_gram_overlap, ngram), multiref, alpha)
    assert 0 < expected[f"Rouge-{ngram}-F"] < 1
    contract(partial(RougeN, ngram, multiref, alpha), translations, expected, on_meta=False)


@pytest.mark.parametrize("multiref", ["average", "best"])
@pytest.mark.parametrize("alpha", [0, 0.3])
def test_subsequences(contract, translations, alpha, multiref):
    """Subsequences are as long as a table of all prefixes says."""
    expected = _expected(translations, "Rouge-L", _subsequence_overlap, multiref, alpha)
    contract(partial(RougeL, multiref, alpha), translations, expected, on_meta=False)


def test_several(contract, translations):
    """All variants are computed at once, named, in their order."""
    expected = _expected(translations, "Rouge-L", _subsequence_overlap, "best", 0.5)
    expected |= _expected(translations, "Rouge-2", partial(_gram_overlap, 2), "best", 0.5)
    contract(partial(Rouge, ["L", 2], "best", 0.5), translations, expected, on_meta=False)


def test_usual_variants():
    """Unless others are asked for, there are Rouge-1, 2, 4 and L."""
    metric = Rouge()
    metric.update(([["a"]], [[["a"]]]))
    assert list(metric.compute())[::3] == ["Rouge-1-P", "Rouge-2-P", "Rouge-4-P", "Rouge-L-P"]


def test_with_an_engine(translations):
    """Attached to an engine, the values are there by name, each and together."""
    engine = Engine(lambda engine, batch: batch)
    Rouge([2], output_transform=lambda output: (output[0], output[1])).attach(engine, "rouge")
    values = engine.run(translations).metrics
    assert values["rouge"] == {name: values[name] for name in ("Rouge-2-P", "Rouge-2-R", "Rouge-2-F")}


@pytest.mark.parametrize("make", [partial(RougeN, 2), RougeL])
@pytest.mark.parametrize("multiref", ["average", "best"])
@pytest.mark.parametrize(("candidate", "reference"), [([], ["a"]), (["a"], []), ([], [])])
def test_nothing_in_common(make, multiref, candidate, reference):
    """Empty sentences share nothing."""
    metric = make(multiref=multiref)
    metric.update(([candidate], [[reference]]))
    assert set(metric.compute().values()) == {0.0}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (partial(RougeN, 0), r"^`ngram` should be at least 1, got 0\.$"),
        (partial(RougeL, "worst"), r"^`multiref` should be 'average' or 'best', got 'worst'\.$"),
        (partial(Rouge, alpha=1.5), r"^`alpha` should lie in \[0, 1\], got 1\.5\.$"),
        (partial(Rouge, [0]), r"^A variant should be 'L' or a positive number, got 0\.$"),
        (partial(Rouge, ["W"]), r"^A variant should be 'L' or a positive number, got 'W'\.$"),
    ],
)
def test_wrong_arguments(make, message):
    """An argument that is none of the known ones is refused."""
    with pytest.raises(ValueError, match=message):
        make()
