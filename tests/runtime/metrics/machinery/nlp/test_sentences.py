"""What metrics of sentences in tokens refuse."""

import pytest
import torch

from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics import Bleu, Rouge, RougeL, RougeN

WRONG = {
    "fewer lists": (
        ([["a"], ["b"]], [[["a"]]]),
        ValueError,
        r"^Every candidate needs a list of references, got 2 candidates and 1 lists\.$",
    ),
    "no reference": (
        ([["a", "b"]], [[]]),
        ValueError,
        r"^Every candidate needs a reference, got none for \['a', 'b'\]\.",
    ),
    "a list forgotten": (
        ([["a", "b"]], [["a", "b"]]),
        TypeError,
        r"^A reference should be in tokens as the candidate is, got the text 'a'\. `y` holds a list of references for "
        r"each candidate, and each of them is a list of tokens\.$",
    ),
    "a text for a list": (
        (["ab"], ["ab"]),
        TypeError,
        r"^Every candidate needs a list of references, got the text 'ab' for 'ab'\.$",
    ),
    "a candidate that is a text": (
        (["a b"], [[["a", "b"]]]),
        TypeError,
        r"^A candidate should be in tokens as its references are, got the text 'a b'\. Split it in an "
        r"`output_transform`\.$",
    ),
    "no pair": (
        [["a"], [["a"]], [["a"]]],
        TypeError,
        r"^A batch should be \(y_pred, y\), lists of candidates and of their references, got \(list, list, list\)\. "
        r"An `output_transform` picks them\.$",
    ),
    "nothing": (
        None,
        TypeError,
        r"^A batch should be \(y_pred, y\), lists of candidates and of their references, got 'NoneType'\. "
        r"An `output_transform` picks them\.$",
    ),
    "a tensor": (
        ([torch.tensor([1, 2])], [[[1, 2]]]),
        TypeError,
        r"^A sentence should be a sequence of tokens, got a tensor of shape \(2,\)\. Make it a list with `tolist\(\)` "
        r"in an `output_transform`\.$",
    ),
}


@pytest.mark.parametrize("make", [Bleu, Rouge, RougeL, RougeN])
@pytest.mark.parametrize(("output", "error", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input(make, output, error, message):
    """A candidate has its own list of references, and all of them are in tokens."""
    with pytest.raises(error, match=message):
        make().update(output)


@pytest.mark.parametrize("make", [Bleu, Rouge, RougeL, RougeN])
def test_a_batch_that_was_refused_counts_for_nothing(make):
    """Not even the sentences before the one that was wrong."""
    metric = make()
    with pytest.raises(ValueError, match=r"^Every candidate needs a reference"):
        metric.update(([["a"], ["b"]], [[["a"]], []]))
    with pytest.raises(NotComputableError):
        metric.compute()


@pytest.mark.parametrize("make", [Bleu, Rouge, RougeL, RougeN])
def test_tokens_of_any_kind(make):
    """Numbers of tokens, in lists or tuples, are as good as words."""
    words, numbers = make(), make()
    words.update(([list("abcd")], [[list("abce"), list("abcd")]]))
    numbers.update(([(0, 1, 2, 3)], [[[0, 1, 2, 4], (0, 1, 2, 3)]]))
    assert words.compute() == numbers.compute()
