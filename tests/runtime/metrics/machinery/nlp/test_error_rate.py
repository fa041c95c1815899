"""What error rates take and refuse."""

import pytest

from scaffold_runtime.metrics import CharacterErrorRate, WordErrorRate

BOTH = [CharacterErrorRate, WordErrorRate]


@pytest.mark.parametrize("make", BOTH)
def test_one_pair_of_texts(make):
    """A pair of texts is a batch of one."""
    alone, batch = make(), make()
    alone.update(("a b c", "a b d"))
    batch.update((("a b c",), ("a b d",)))
    assert alone.compute() == batch.compute() > 0


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(("prediction", "expected"), [("", 0.0), ("something", 1.0)])
def test_nothing_was_said(make, prediction, expected):
    """Where no true text says anything, the rate is 0 or 1."""
    metric = make()
    metric.update(([prediction], [""]))
    assert metric.compute() == expected


@pytest.mark.parametrize("make", BOTH)
def test_more_errors_than_text(make):
    """Insertions count, so a rate can be above 1."""
    metric = make()
    metric.update((["x x x"], ["x"]))
    assert metric.compute() in (4.0, 2.0)


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize(
    ("output", "error", "message"),
    [
        ((["a"], ["a", "b"]), ValueError, r"^`y_pred` and `y` should have as many texts, got 1 and 2\.$"),
        ((["a"], 3), TypeError, r"^`y_pred` and `y` should be str or lists of str, got int\.$"),
        ((["a"], [["a"]]), TypeError, r"^`y_pred` and `y` should be lists of str, got one with a list\.$"),
        (
            "ab",
            TypeError,
            r"^A batch should be \(y_pred, y\), texts or lists of texts, got 'str'\. "
            r"An `output_transform` picks them\.$",
        ),
    ],
)
def test_wrong_input(make, output, error, message):
    """Only texts are compared, and as many with as many."""
    with pytest.raises(error, match=message):
        make().update(output)
