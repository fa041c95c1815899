"""Which detection found which object: COCO's greedy matching, of all images, classes and thresholds at once.

In its group, an image and a class, the detection with the highest score takes the object that it overlaps most, then
the next detection takes one of those left, and so on. The detections of one group have to wait for each other;
groups do not. So there are as many turns as the largest group has detections, and in each turn one detection
of every group chooses. Only pairs that overlap enough are looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor

from .box_collection import Detections, Truths, box_areas

_PORTION = 2**20  # pairs of boxes compared at once


@dataclass(frozen=True)
class Pairs:
    """Detections and objects of the same image and class.

    Args:
        detections: `(P,)`, indices, ascending.
        truths: `(P,)`, indices, ascending for one detection.
        overlaps: `(P,)`, intersection over union; over the detection where the object is a crowd.
    """

    detections: Tensor
    truths: Tensor
    overlaps: Tensor


def overlapping(detections: Detections, truths: Truths, *, at_least: float) -> Pairs:
    """The pairs that overlap enough."""
    first = torch.searchsorted(truths.groups, detections.groups)
    counts = torch.searchsorted(truths.groups, detections.groups, right=True) - first
    portions = [_pairs(detections, truths, portion, first, counts, at_least) for portion in _portions(counts)]
    return Pairs(*(torch.cat(parts) for parts in zip(*portions, strict=True)))


def match(pairs: Pairs, detections: Detections, truths: Truths, *, ignored: Tensor, thresholds: Tensor) -> Tensor:
    """For each detection and threshold, `(N, T)`, the index of the object that it found, or -1.

    Args:
        pairs: those with the lowest threshold's overlap.
        detections: what was found.
        truths: what is there.
        ignored: `(M,)`, objects that are taken only where no other is left; crowds among them.
        thresholds: `(T,)`, least overlaps.
    """
    order = detections.ranks.argsort(stable=True)
    place = torch.empty_like(order)
    place[order] = torch.arange(len(order), device=order.device)
    rows, by_row = place[pairs.detections].sort(stable=True)
    columns, overlaps = pairs.truths[by_row], pairs.overlaps[by_row].unsqueeze(1)
    enough = overlaps >= thresholds.clamp(max=1 - 1e-10)
    worth = torch.where(ignored[columns].unsqueeze(1), overlaps, overlaps + 2).expand_as(enough)
    never_taken = truths.is_crowd[columns].unsqueeze(1)

    nobody = len(truths.labels)
    taken = enough.new_zeros(nobody + 1, len(thresholds))
    found = torch.full((len(order), len(thresholds)), -1, device=order.device)
    for (top, bottom), (start, end) in _turns(detections.ranks[order], rows):
        own, choices = rows[start:end] - top, columns[start:end]
        free = enough[start:end] & (never_taken[start:end] | ~taken[choices])
        chosen = _best(own, choices, worth[start:end].where(free, -1), num_rows=bottom - top)
        found[top:bottom] = chosen
        taken.scatter_(0, chosen.where(chosen >= 0, nobody), True)
    return found[place]


def _turns(ranks: Tensor, rows: Tensor) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """For each rank that occurs in pairs: where its rows lie, and where their pairs."""
    num_turns = int(ranks[-1].item()) + 1 if len(ranks) else 0
    tops = torch.searchsorted(ranks, torch.arange(num_turns + 1, device=ranks.device))
    starts = torch.searchsorted(rows, tops)
    turns = zip(_spans(tops), _spans(starts), strict=True)
    return (turn for turn in turns if turn[1][0] < turn[1][1])


def _best(rows: Tensor, choices: Tensor, worth: Tensor, *, num_rows: int) -> Tensor:
    """For each row and threshold the choice of the highest worth, the last of equal ones; -1 if none is worth it."""
    index = rows.unsqueeze(1).expand_as(worth)
    highest = worth.new_full((num_rows, worth.shape[1]), -1).scatter_reduce_(0, index, worth, "amax")
    winners = choices.unsqueeze(1).where((worth >= 0) & (worth == highest[rows]), -1)
    return choices.new_full(highest.shape, -1).scatter_reduce_(0, index, winners, "amax")


def _portions(counts: Tensor) -> Iterator[Tensor]:
    """Indices of detections, split so that the pairs of each part fit into memory."""
    portion = counts.cumsum(0) // _PORTION
    borders = torch.arange(int(portion[-1].item()) + 2 if len(portion) else 2, device=counts.device)
    spans = _spans(torch.searchsorted(portion, borders))
    return (torch.arange(start, end, device=counts.device) for start, end in spans)


def _spans(borders: Tensor) -> Iterator[tuple[int, int]]:
    return pairwise(cast(list[int], borders.tolist()))


def _pairs(
    detections: Detections, truths: Truths, portion: Tensor, first: Tensor, counts: Tensor, at_least: float
) -> tuple[Tensor, Tensor, Tensor]:
    counts = counts[portion]
    rows = portion.repeat_interleave(counts)
    before = (counts.cumsum(0) - counts).repeat_interleave(counts)
    columns = first[rows] + torch.arange(len(rows), device=rows.device) - before
    overlaps = _overlaps(detections.corners[rows], truths.corners[columns], truths.is_crowd[columns])
    enough = overlaps >= at_least
    return rows[enough], columns[enough], overlaps[enough]


def _overlaps(left: Tensor, right: Tensor, is_crowd: Tensor) -> Tensor:
    sides = torch.minimum(left[:, 2:], right[:, 2:]) - torch.maximum(left[:, :2], right[:, :2])
    shared = sides.clamp(min=0).prod(1)
    own = box_areas(left)
    union = own.where(is_crowd, own + box_areas(right) - shared)
    return (shared / union).where(union > 0, 0)
