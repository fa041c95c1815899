from __future__ import annotations

import gzip
import struct

import pytest

from scaffold.errors import UsageError


def fill(data, *, labels=12):
    """Images and labels in the four files, of which two are packed."""
    for split, count in (("train", 12), ("t10k", 4)):
        data.text(f"{split}-images-idx3-ubyte", struct.pack(">4B3I", 0, 0, 8, 3, count, 28, 20) + bytes(count * 560))
        number = labels if split == "train" else count
        content = struct.pack(">4BI", 0, 0, 8, 1, number) + bytes(index % 2 for index in range(number))
        data.text(f"{split}-labels-idx1-ubyte.gz", gzip.compress(content))


def test_idx_files(data, look):
    """Images are counted by their labels, packed files or not."""
    fill(data)
    finding = look()
    assert (finding.template, finding.answers) == (
        "vision-classification",
        {"dataset": "fashion-mnist", "data_path": str(data.root)},
    )
    assert finding.seen == [
        "16 images in idx files, 2 classes: 0 (8), 1 (8).",
        "Split as it lies: train 12, test 4; the project draws a tenth of train for val.",
        "All are 20 x 28 pixels, in grey.",
    ]
    assert finding.problems == []


def test_files_that_do_not_go_together(data, look):
    """Labels of another number, a file that is cut off and one that is missing are one sentence each."""
    fill(data, labels=11)
    with pytest.raises(UsageError, match="do not go together: train-images-idx3-ubyte 12 x 28 x 20, train-labels"):
        look()
    data.text("train-labels-idx1-ubyte.gz", b"none")
    with pytest.raises(UsageError, match=r"train-labels-idx1-ubyte.gz' cannot be read as an idx file: Not a gzipped"):
        look()
    images = (data.root / "t10k-images-idx3-ubyte").read_bytes()
    data.text("t10k-images-idx3-ubyte", images[:-1])
    fill_labels = (data.root / "t10k-labels-idx1-ubyte.gz").read_bytes()
    data.text("train-labels-idx1-ubyte.gz", fill_labels)
    with pytest.raises(
        UsageError, match=r"t10k-images-idx3-ubyte' .*: it should have 4 x 28 x 20 bytes, and is longer"
    ):
        look()
    data.text("t10k-images-idx3-ubyte", struct.pack(">4BI", 0, 0, 8, 1, 0))
    with pytest.raises(
        UsageError, match=r"t10k-images-idx3-ubyte' .*: it does not begin as one of bytes in 3 dimensions"
    ):
        look()
    (data.root / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(UsageError) as caught:
        look()
    assert caught.value.message == f"'{data.root}' has idx files, and lacks 'train-labels-idx1-ubyte' (or .gz)."
