"""Evaluations in which some processes have more batches than others."""

from __future__ import annotations

import pytest
from tests.runtime.distributed.processes import Team

NUMBERS = [1, 3, 16, 17, 65]
"""Of samples in batches of four: some processes have none, or a batch more than others; 16 are equally many."""


@pytest.mark.parametrize("by_hand", [False, True], ids=["supervised", "by hand"])
@pytest.mark.parametrize("way", ["ddp", "fsdp"])
def test_nobody_waits_and_each_sample_counts_once(team: Team, way: str, by_hand: bool) -> None:
    """Between epochs of training the processes find the accuracy of rank 0's network on all samples, to the bit."""
    for answers in team.do("uneven_jobs.evaluations", way, NUMBERS, by_hand):
        for number, answer in zip(NUMBERS, answers, strict=True):
            assert answer["together"] == answer["at once"], number


def test_sharded_parameters_are_gathered_where_they_have_to_be(two: Team) -> None:
    """Under FSDP2 a block is whole meanwhile only if a process has more batches; afterwards it is in shards again."""
    for answers in two.do("uneven_jobs.evaluations", "fsdp", [16, 17, 16]):
        equally_many, more, again = answers
        assert equally_many["seen"] == again["seen"] == ["DTensor"]
        assert more["seen"] == ["Parameter"]
        assert {answer["after"] for answer in answers} == {"DTensor"}


def test_parameters_that_are_to_stay_gathered_do_so_afterwards(two: Team) -> None:
    """Who chose `reshard_after_forward=False` has it again after an uneven evaluation: an even one finds them whole."""
    for answers in two.do("uneven_jobs.evaluations", "fsdp", [16, 17, 16], False, {"reshard_after_forward": False}):
        assert [answer["seen"] for answer in answers] == [["Parameter"]] * 3


def test_buffers_are_broadcast_once_per_evaluation(two: Team) -> None:
    """Each buffer is sent once, however many batches there are, and not again by an evaluator that does it itself."""
    assert two.do("uneven_jobs.broadcasts_of_an_evaluation", 17) == [(27, 27)] * 2
