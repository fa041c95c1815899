"""Text is drawn as it was asked for."""

import torch
from project_name.generate import generate
from torch import Tensor

LENGTH = 6


def counting(tokens: Tensor) -> Tensor:
    """A network that is almost sure that the next token is one more, of ten; `(1, length)` to `(1, length, 10)`."""
    assert tokens.shape == (1, LENGTH)
    return 5.0 * torch.nn.functional.one_hot((tokens + 1) % 10, 10)


def test_the_likeliest_tokens_go_on() -> None:
    """Also when the text is longer than what the network sees."""
    text = generate(counting, torch.tensor([7]), count=9, length=LENGTH, temperature=0)
    assert text.tolist() == [7, 8, 9, 0, 1, 2, 3, 4, 5, 6]
    text = generate(counting, torch.arange(9), count=2, length=LENGTH, temperature=0)
    assert text.tolist() == [*range(9), 9, 0]


def test_a_seed_gives_the_same_text() -> None:
    """Another one another, and the program's own random numbers are left alone."""
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    one, same, other = (
        generate(counting, torch.tensor([0]), count=30, length=LENGTH, temperature=3.0, top_k=None, seed=seed).tolist()
        for seed in (0, 0, 1)
    )
    assert torch.equal(torch.rand(1), expected)
    assert one == same != other


def test_only_the_likeliest_are_drawn_from() -> None:
    """With one to draw from, a high temperature changes nothing."""
    text = generate(counting, torch.tensor([0]), count=20, length=LENGTH, temperature=100.0, top_k=1)
    assert text.tolist() == [number % 10 for number in range(21)]
