"""What must hold for collectives on every backend and any number of processes: each function is one check.

They compare with what is worked out by hand from the ranks, run under every launcher, and need no pytest.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch

from scaffold_runtime import distributed as idist

BIG = 2**53 + 1  # the first integer that a float64 cannot hold
THIRD = 1 / 3  # no float32 is as near


def _ranks() -> range:
    return range(idist.get_world_size())


def _on_device(values: Any, dtype: torch.dtype | None = None) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype, device=idist.device())


def int64_sums_are_exact() -> None:
    """A sum of integers beyond 2**53 has every digit."""
    total = idist.all_reduce(_on_device([BIG, -idist.get_rank()]))
    assert total.tolist() == [BIG * len(_ranks()), -sum(_ranks())]
    assert total.dtype == torch.int64


def float64_sums_are_exact() -> None:
    """A sum of float64 is not rounded to float32."""
    total = idist.all_reduce(_on_device([THIRD], torch.float64))
    assert total.tolist() == [sum(THIRD for _ in _ranks())]


def numbers_keep_their_type() -> None:
    """Python's numbers are reduced as Python would: integers of any size, floats in full."""
    assert idist.all_reduce(10**30 + idist.get_rank()) == 10**30 * len(_ranks()) + sum(_ranks())
    assert idist.all_reduce(THIRD, "MAX") == THIRD
    assert idist.all_reduce(idist.get_rank() + 0.5, "MIN") == 0.5
    assert idist.all_reduce(2, "PRODUCT") == 2 ** len(_ranks())
    assert idist.all_reduce(idist.get_rank() == 0, "OR") is True


def extremes_and_products() -> None:
    """MIN, MAX and PRODUCT work element by element."""
    own = _on_device([idist.get_rank() + 1, -idist.get_rank()])
    assert idist.all_reduce(own, "MAX").tolist() == [len(_ranks()), 0]
    assert idist.all_reduce(own, "MIN").tolist() == [1, -(len(_ranks()) - 1)]
    assert idist.all_reduce(own, "PRODUCT").tolist()[0] == math.factorial(len(_ranks()))


def logic() -> None:
    """AND and OR take booleans as they are, and integers bit by bit."""
    own = _on_device([True, False, idist.get_rank() == 0])
    assert idist.all_reduce(own, "AND").tolist() == [True, False, len(_ranks()) == 1]
    assert idist.all_reduce(own, "OR").tolist() == [True, False, True]
    bits = 1 << idist.get_rank()
    assert idist.all_reduce(_on_device([bits]), "OR").tolist() == [2 ** len(_ranks()) - 1]


def small_types_are_reduced() -> None:
    """Types that a backend cannot add are added all the same."""
    for dtype in (torch.int16, torch.bfloat16, torch.float16, torch.uint8):
        total = idist.all_reduce(torch.ones(3, dtype=dtype))
        assert total.tolist() == [len(_ranks())] * 3, dtype
        assert total.dtype == dtype


def the_tensor_given_is_left_alone() -> None:
    """A reduction makes a new tensor."""
    own = _on_device([1.0])
    idist.all_reduce(own)
    assert own.tolist() == [1.0]


def gathered_tensors_are_concatenated() -> None:
    """Tensors of every type arrive bit by bit, along the first axis."""
    for dtype in (torch.float64, torch.int64, torch.bool, torch.bfloat16, torch.complex64, torch.uint8):
        own = torch.tensor([[idist.get_rank(), 1]]).to(dtype).to(idist.device())
        gathered = idist.all_gather(own)
        expected = torch.tensor([[rank, 1] for rank in _ranks()]).to(dtype)
        assert gathered.dtype == dtype
        assert torch.equal(gathered.cpu(), expected), dtype


def gathered_scalars_are_a_vector() -> None:
    """A tensor without axes gets one."""
    assert idist.all_gather(_on_device(idist.get_rank() * 2)).tolist() == [rank * 2 for rank in _ranks()]


def nothing_can_be_gathered() -> None:
    """A tensor without elements is fine."""
    assert idist.all_gather(torch.empty(0, 3)).shape == (0, 3)


def numbers_and_strings_are_gathered_as_lists() -> None:
    """Numbers, any Unicode text and objects come as a list, whatever their length."""
    assert idist.all_gather(idist.get_rank() + THIRD) == [rank + THIRD for rank in _ranks()]
    text = "Grüße, 世界 \N{GRINNING FACE} \0 " * (1 + 500 * idist.get_rank())
    assert idist.all_gather(text) == ["Grüße, 世界 \N{GRINNING FACE} \0 " * (1 + 500 * rank) for rank in _ranks()]
    assert idist.all_gather("") == [""] * len(_ranks())
    assert idist.all_gather({"path": Path("a"), "n": None}) == [{"path": Path("a"), "n": None}] * len(_ranks())


def shapes_may_differ() -> None:
    """Tensors of known, different shapes are gathered; some may be empty."""
    shapes = [(rank, rank + 1) for rank in _ranks()]
    own = torch.full(shapes[idist.get_rank()], float(idist.get_rank()), device=idist.device())
    gathered = idist.all_gather_tensors_with_shapes(own, shapes)
    assert [tuple(tensor.shape) for tensor in gathered] == shapes
    assert all((tensor == rank).all() for rank, tensor in enumerate(gathered))


def broadcasts_are_exact() -> None:
    """Numbers, strings, paths and tensors arrive as they were, from any rank."""
    src = len(_ranks()) - 1
    is_source = idist.get_rank() == src
    assert idist.broadcast(THIRD if is_source else 0.0, src=src) == THIRD
    assert idist.broadcast(BIG if is_source else 0, src=src) == BIG
    assert idist.broadcast("Ä" * 2000 if is_source else "", src=src) == "Ä" * 2000
    assert idist.broadcast(Path("über") if is_source else Path(), src=src) == Path("über")
    own = _on_device([BIG, 2]) if is_source else _on_device([0, 0])
    assert idist.broadcast(own, src=src).tolist() == [BIG, 2]


def safe_broadcasts_need_no_placeholder() -> None:
    """In safe mode the others need not know what comes."""
    is_source = idist.get_rank() == 0
    own = torch.full((2, 3), THIRD, dtype=torch.float64, device=idist.device()) if is_source else None
    arrived = idist.broadcast(own, src=0, safe_mode=True)
    assert arrived is not None
    assert (arrived.shape, arrived.dtype) == ((2, 3), torch.float64)
    assert (arrived == THIRD).all()
    assert arrived.device.type == idist.device().type
    assert idist.broadcast("text" if is_source else torch.ones(5), src=0, safe_mode=True) == "text"
    assert idist.broadcast(None, src=0, safe_mode=True) is None


def groups_leave_the_others_alone() -> None:
    """A group's collective concerns its members; the others get back what they gave, by list or by handle."""
    ranks = [rank for rank in _ranks() if rank != 1]
    for group in (ranks, idist.new_group(ranks)):
        expected = sum(ranks) if idist.get_rank() in ranks else idist.get_rank()
        assert idist.all_reduce(idist.get_rank(), group=group) == expected
        assert idist.all_reduce(_on_device([idist.get_rank()]), group=group).tolist() == [expected]
        gathered = idist.all_gather(_on_device([idist.get_rank()]), group=group).tolist()
        assert gathered == (ranks if idist.get_rank() in ranks else [idist.get_rank()])


def wrong_arguments_are_refused_before_anything_is_sent() -> None:
    """A wrong reduction, type, source or group is an error on the spot."""
    wrong: list[tuple[type[Exception], Any]] = [
        (ValueError, lambda: idist.all_reduce(1, op="MEAN")),  # type: ignore[call-overload]
        (TypeError, lambda: idist.all_reduce("text")),  # type: ignore[call-overload]
        (TypeError, lambda: idist.all_reduce(torch.ones(1), op="AND")),
        (ValueError, lambda: idist.broadcast(1, src=99)),
        (ValueError, lambda: idist.new_group([0, 99])),
        (ValueError, lambda: idist.new_group("01")),  # type: ignore[arg-type]
        (ValueError, lambda: idist.all_reduce(1, group="workers")),
    ]
    for kind, call in wrong:
        try:
            call()
        except kind:
            continue
        raise AssertionError(f"{kind.__name__} expected")


def one_yes_is_enough() -> None:
    """`any_rank` is a yes if one process says so."""
    assert idist.any_rank(idist.get_rank() == len(_ranks()) - 1)
    assert not idist.any_rank(False)


def all_agree_at_the_same_iteration() -> None:
    """An agreement is reached everywhere at once, within two periods of the first yes; by one process at once."""
    agreement = idist.Agreement(every=3)
    last = len(_ranks()) - 1
    reached = [n for n in range(1, 13) if agreement.reached(n, idist.get_rank() == last and n == 4)]
    assert reached[0] == (9 if last else 4)
    assert set(idist.all_gather(reached[0])) == {reached[0]}
    agreement.settle()


def one_rank_goes_first() -> None:
    """`one_rank_first` lets the others in when the first has finished; `one_rank_only` keeps them out."""
    with idist.one_rank_first():
        pass
    assert idist.one_rank_only(with_barrier=True)(lambda: "ran")() == ("ran" if idist.get_rank() == 0 else None)
    idist.barrier()


CHECKS = [
    value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", None) == __name__ and not name.startswith("_")
]


def main(local_rank: int) -> None:
    """Runs all checks, and says so in one line for each rank."""
    for check in CHECKS:
        check()
    print(f"rank {idist.get_rank()}: {len(CHECKS)} checks on {idist.backend()}\n", end="", flush=True)  # one write
