"""What `ignite.utils` has does the same here."""

import hashlib
import random
import warnings
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
import torch

from scaffold_runtime import utils

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from ignite import utils as theirs

Pair = namedtuple("Pair", "first second")


def test_apply_to_type():
    """Containers keep their types, strings stay, and what is of the type is replaced."""
    given = OrderedDict(a=[1, 2.5], b=Pair(3, "four"), c=(b"5", {"six": 7.5}))
    halved = utils.apply_to_type(given, (int, float), lambda number: number / 2)
    assert halved == theirs.apply_to_type(given, (int, float), lambda number: number / 2)
    assert halved == OrderedDict(a=[0.5, 1.25], b=Pair(1.5, "four"), c=(b"5", {"six": 3.75}))
    assert (type(halved), type(halved["b"])) == (OrderedDict, Pair)
    with pytest.raises(
        TypeError, match=r"`x` should be mappings and sequences of <class 'int'>; there is a set in it\."
    ):
        utils.apply_to_type([1, {2}], int, abs)


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is")
@pytest.mark.parametrize("shape", [(4,), (2, 3), (2, 3, 5)])
def test_to_onehot(shape):
    """Classes come second, wherever the others are."""
    indices = torch.randint(0, 6, shape)
    found = utils.to_onehot(indices, 6)
    assert found.dtype == torch.uint8
    assert torch.equal(found, theirs.to_onehot(indices, 6))
    assert torch.equal(found.argmax(1), indices)
    assert torch.equal(torch.jit.script(utils.to_onehot)(indices, 6), found)


def test_manual_seed():
    """torch, Python and numpy begin again."""

    def drawn():
        utils.manual_seed(7)
        return torch.rand(1).item(), random.random(), np.random.rand()

    assert drawn() == drawn()


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_hash_checkpoint(tmp_path, kind):
    """The file moves to its name with the hash of its bytes, into a folder that need not be there."""
    torch.save({"weight": torch.ones(2)}, tmp_path / "model.pt")
    digest = hashlib.sha256((tmp_path / "model.pt").read_bytes()).hexdigest()
    hashed, found = utils.hash_checkpoint(kind(tmp_path / "model.pt"), kind(tmp_path / "hub" / "new"))
    assert (hashed, found) == (tmp_path / "hub" / "new" / f"model-{digest[:8]}.pt", digest)
    assert (torch.load(hashed)["weight"].tolist(), (tmp_path / "model.pt").exists()) == ([1.0, 1.0], False)
    with pytest.raises(FileNotFoundError, match="There is no checkpoint '"):
        utils.hash_checkpoint(kind(tmp_path / "model.pt"), tmp_path)
