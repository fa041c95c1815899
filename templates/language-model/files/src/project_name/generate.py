"""Text from a language model: one token after another, each drawn by the probabilities that the network gives it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers.saving.lost_files import may_be_lost

from .tokens import Tokenizer

PROMPTS = (b"", b"def ", b"The ")  # of the samples that a run writes after each epoch


@torch.no_grad()
def generate(
    network: Callable[[Tensor], Tensor],
    prompt: Tensor,
    *,
    count: int,
    length: int,
    temperature: float = 0.8,
    top_k: int | None = 50,
    seed: int = 0,
) -> Tensor:
    """Draws tokens that go on after a prompt.

    The network is always given `length` tokens, so that it is compiled once; those after the last one are filled up,
    which changes nothing before them.

    Args:
        network: from tokens `(1, length)` to scores `(1, length, vocabulary)`.
        prompt: `(number of tokens,)` int64, at least one; of long ones the end counts.
        count: how many tokens are drawn.
        length: how many tokens the network sees.
        temperature: below 1 likely tokens become likelier; at 0 it is always the likeliest.
        top_k: only so many of the likeliest tokens are drawn from; of all if None.
        seed: the same seed gives the same text.

    Returns:
        The prompt and the tokens after it, `(len(prompt) + count,)`.
    """
    generator = torch.Generator().manual_seed(seed)
    device, tokens = idist.device(), prompt.tolist()
    for _ in range(count):
        seen = tokens[-length:]
        window = torch.tensor([seen + [0] * (length - len(seen))], device=device)
        scores = network(window)[0, len(seen) - 1].float().cpu()
        tokens.append(draw(scores, temperature, top_k, generator))
    return torch.tensor(tokens)


def draw(scores: Tensor, temperature: float, top_k: int | None, generator: torch.Generator) -> int:
    """One token, by scores `(vocabulary,)`."""
    if temperature == 0:
        return int(scores.argmax())
    if top_k is not None and top_k < len(scores):
        least = scores.topk(top_k).values[-1]
        scores = scores.masked_fill(scores < least, -torch.inf)
    return int(torch.multinomial((scores / temperature).softmax(dim=0), 1, generator=generator))


class Sampler:
    """Writes what the network makes up, after each epoch, to a file.

    Runs on:   the event it is attached to, usually `EPOCH_COMPLETED` of the trainer.
    Changes:   nothing: it draws by a generator of its own.
    Saves:     nothing.
    Processes: all of them compute the same, because parts of the network may be anywhere; rank 0 writes.
    """

    def __init__(
        self, file: Path, network: nn.Module, info: Mapping[str, Any], *, length: int, count: int, seed: int
    ) -> None:
        self.file, self.network, self.tokenizer = file, network, Tokenizer.from_info(info)
        self.length, self.count, self.seed = length, count, seed

    def __call__(self, trainer: Engine[Any, Any]) -> None:
        """Adds the epoch's texts to the file."""
        self.network.eval()
        parts = [f"==== epoch {trainer.state.epoch}\n"]
        for prompt in PROMPTS:
            tokens = self.tokenizer.encode(prompt or b"\n")
            text = generate(self.network, tokens, count=self.count, length=self.length, seed=self.seed)
            parts.append(f"---- {prompt.decode()!r}\n{self.tokenizer.decode(text).decode(errors='replace')}\n")
        if idist.get_rank() == 0:
            with may_be_lost(self.file.name), self.file.open("a", encoding="utf-8") as file:
                file.write("\n".join(parts) + "\n")
