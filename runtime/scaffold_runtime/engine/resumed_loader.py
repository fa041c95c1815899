"""A view of a user's `DataLoader` from somewhere in the middle of its order; the loader itself is only read."""

import copy
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, cast

import torch
from torch.utils.data import DataLoader

from .random_state import kept_random_state, random_state, set_random_state


def view_of(loader: DataLoader[Any], **changed: Any) -> DataLoader[Any]:
    """A loader like `loader`, of the same class, with some attributes changed and its workers its own."""
    view = copy.copy(loader)
    # DataLoader refuses to have these assigned once it is made; a copy that nobody has seen yet may differ.
    vars(view).update({"_iterator": None, "persistent_workers": False} | changed)
    return view


def open_loader(loader: DataLoader[Any], skip: int, state: dict[str, Any] | None) -> Iterator[Any]:
    """The loader's batches from the one after `skip`, in the order that it had from `state` on.

    Args:
        loader: reads samples by index.
        skip: batches to leave out; their samples are not read.
        state: of all generators when the pass first began, as `order_state` told.
    """
    if skip == 0:
        return iter(loader)
    place = "sampler" if cast("Any", loader).batch_sampler is None else "batch_sampler"
    rest = _Rest(getattr(loader, place), skip)
    view = view_of(loader, **{place: rest})
    with kept_random_state():
        if state is not None:
            set_order_state(loader, state)
        # As the loader does: the pass draws its workers' seed first, then the sampler draws the order.
        batches = iter(view)
        rest.begin()
    return batches


def order_state(loader: DataLoader[Any]) -> dict[str, Any]:
    """All that the order of the loader's next pass depends on."""
    state = random_state()
    for name, generator in _generators(loader):
        state[name] = generator.get_state()
    return state


def set_order_state(loader: DataLoader[Any], state: dict[str, Any]) -> None:
    """Goes back to a state that `order_state` told."""
    set_random_state(state)
    for name, generator in _generators(loader):
        if name in state:
            generator.set_state(state[name].cpu())


class _Rest:
    """The order of a loader from somewhere on, to be iterated over once."""

    def __init__(self, order: Iterable[Any], skip: int) -> None:
        self._order = order
        self._skip = skip
        self._rest: Iterator[Any] | None = None

    def begin(self) -> Iterator[Any]:
        if self._rest is None:
            self._rest = iter(self._order)
            next(islice(self._rest, self._skip, self._skip), None)
        return self._rest

    def __iter__(self) -> Iterator[Any]:
        # A generator, so that nothing is drawn before the loader asks for its first batch.
        yield from self.begin()


def _generators(loader: DataLoader[Any]) -> Iterator[tuple[str, torch.Generator]]:
    """The generators that the user gave to the loader and its samplers; unlike the global ones they are its own."""
    untyped = cast("Any", loader)  # torch leaves half of these attributes without a type
    owners: dict[str, Any] = {
        "loader_generator": loader,
        "sampler_generator": untyped.sampler,
        "batch_sampler_generator": untyped.batch_sampler,
        "inner_sampler_generator": getattr(untyped.batch_sampler, "sampler", None),
    }
    for name, owner in owners.items():
        generator = getattr(owner, "generator", None)
        if isinstance(generator, torch.Generator):
            yield name, generator
