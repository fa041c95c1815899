"""Texts for tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

WORDS = ("the", "cat", "is", "on", "a", "mat", "there")
Sentences = list[list[str]]
Translations = list[tuple[Sentences, list[Sentences]]]


@pytest.fixture
def draw_words(draw: torch.Generator) -> Callable[[int], list[str]]:
    """A sentence of so many words, few of them different, so that much is repeated."""

    def drawn(length: int) -> list[str]:
        return [WORDS[word] for word in torch.randint(7, (length,), generator=draw)]

    return drawn


@pytest.fixture
def translations(draw: torch.Generator, draw_words: Callable[[int], list[str]]) -> Translations:
    """Batches of candidates with one to three references, in tokens; the shortest reference comes first."""

    def references() -> Sentences:
        lengths = torch.randint(5, 12, (int(torch.randint(1, 4, (), generator=draw)),), generator=draw)
        return [draw_words(length) for length in sorted(lengths.tolist())]

    def candidate(own: Sentences) -> list[str]:
        # Mostly what a reference says, so that long n-grams match too.
        return own[0][:-2] + draw_words(int(torch.randint(1, 5, (), generator=draw)))

    batches = []
    for size in (4, 4, 1):
        own = [references() for _ in range(size)]
        batches.append(([candidate(sentences) for sentences in own], own))
    return batches
