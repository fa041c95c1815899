"""ClassificationReport."""

import json
from functools import partial

import pytest
import torch
from sklearn.metrics import precision_recall_fscore_support

from scaffold_runtime.metrics import ClassificationReport


def _expected(y, p, names, beta=1):
    titles = ("precision", "recall", f"f{beta}-score")
    columns = precision_recall_fscore_support(y, p, beta=beta, zero_division=0, labels=range(len(names)))[:3]
    report = {
        name: {title: column[i] for title, column in zip(titles, columns, strict=True)} for i, name in enumerate(names)
    }
    return report | {"macro avg": {title: column.mean() for title, column in zip(titles, columns, strict=True)}}


@pytest.mark.parametrize(("beta", "ignore_index"), [(1, None), (0.5, None), (2, -1)])
def test_multiclass(contract, draw, beta, ignore_index):
    """Its numbers are scikit-learn's, of the samples that are not ignored; class 3 is absent."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randint(3, (n,), generator=draw)) for n in (8, 8, 3)]
    for _, y in batches if ignore_index is not None else []:
        y[0] = ignore_index
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = _expected(y[y >= 0], scores.argmax(1)[y >= 0], "0123", beta)
    contract(partial(ClassificationReport, beta, output_dict=True, ignore_index=ignore_index), batches, expected)


def test_binary_with_names(contract, draw):
    """Of binary data there are two classes, called as they are named."""
    batches = [(torch.randint(2, (n,), generator=draw), torch.randint(2, (n,), generator=draw)) for n in (9, 9, 4)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    make = partial(ClassificationReport, output_dict=True, labels=["cat", "dog"])
    contract(make, batches, _expected(y, p, ["cat", "dog"]))


def test_multilabel(contract, draw):
    """Each label is a class."""
    batches = [(torch.randint(2, (n, 3), generator=draw), torch.randint(2, (n, 3), generator=draw)) for n in (9, 9, 4)]
    p, y = (torch.cat(parts).numpy() for parts in zip(*batches, strict=True))
    contract(partial(ClassificationReport, output_dict=True, is_multilabel=True), batches, _expected(y, p, "012"))


def test_text():
    """As text it is JSON of the same."""
    text, report = ClassificationReport(), ClassificationReport(output_dict=True)
    for metric in (text, report):
        metric.update((torch.tensor([1, 0, 1]), torch.tensor([1, 0, 0])))
    assert json.loads(text.compute()) == report.compute()


def test_wrong_arguments():
    """A beta that is not positive, more or fewer names than classes, and a name that another entry has, are refused."""
    with pytest.raises(ValueError, match=r"^`beta` should be positive, got 0\.$"):
        ClassificationReport(beta=0)
    for names in (["cat", "cat"], ["cat", "macro avg"]):
        with pytest.raises(
            ValueError,
            match=r"^`labels` should name each class once, and none of them 'macro avg', got \['cat', '.*'\]\.$",
        ):
            ClassificationReport(labels=names)
    report = ClassificationReport(labels=["cat"])
    report.update((torch.tensor([1, 0]), torch.tensor([1, 0])))
    with pytest.raises(ValueError, match=r"^`labels` should name 2 classes, got \['cat'\]\.$"):
        report.compute()
