"""Simpler programs come to what arithmetic by hand says."""

import gzip
import math

import pytest
from project_name.baselines import gzip_bits_per_byte, order_2_bits_per_byte


def test_an_order_2_model_counts_what_follows_two_bytes() -> None:
    """After `aab` of `aabaab`: what followed `ab`, smoothed by what followed `b`, by how often `a` is, and evenly."""
    order_0 = (4 + 1 / 256) / (6 + 1)  # of `a`
    order_1 = (1 + order_0) / (1 + 1)  # of `a` after `b`
    order_2 = (1 + order_1) / (1 + 1)  # of `a` after `ab`
    assert order_2_bits_per_byte(b"aabaab", b"aba") == pytest.approx(-math.log2(order_2))


def test_bytes_that_were_never_seen_are_possible() -> None:
    """They take as many bits as the smoothing says: none of the counts knows them."""
    # Contexts `xy` and `y` were never seen, so nothing but the counts of single bytes is left.
    expected = -math.log2(1 / 256 / (3 + 1))
    assert order_2_bits_per_byte(b"aaa", b"xyz") == pytest.approx(expected)


def test_gzip_is_that_of_the_standard_library() -> None:
    """Bits of the packed text by bytes of the text."""
    text = b"the cat and the dog " * 9
    assert gzip_bits_per_byte(text) == 8 * len(gzip.compress(text, 9)) / len(text)
