"""What people look at: an excerpt of a text with the bits that each of its tokens took the network."""

import math
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from scaffold_runtime import distributed as idist

from .loaders import Samples
from .tokens import Tokenizer

MOST_WINDOWS = 8
MOST_BITS = 12  # from here on a token is as dark as can be
PAGE = """<!doctype html><meta charset="utf-8"><title>Surprise</title>
<style>pre {{font: 13px/1.5 monospace; white-space: pre-wrap; max-width: 60em}}</style>
<p>Held-out text; the darker a token, the more bits it took the network. Here {bits:.2f} bits per byte; of all test
files an order-2 model needs {order_2:.2f}, and gzip -9 {gzip:.2f}.</p>
<pre>{text}</pre>
"""


def draw_results(folder: Path, network: nn.Module, samples: Samples, info: Mapping[str, Any]) -> None:
    """Writes `surprise.html`: the first samples, each token as dark as it was surprising."""
    tokenizer = Tokenizer.from_info(info)
    windows = [samples[index] for index in range(min(MOST_WINDOWS, len(samples)))]  # type: ignore[arg-type]
    targets = torch.stack([target for _, target in windows])  # (N, 2, T)
    bits = bits_of_tokens(network, torch.stack([tokens for tokens, _ in windows]), targets)
    there = targets[:, 1] > 0
    marked = [
        f'<span title="{cost:.1f} bits" style="background: rgb(255 120 60 / {min(1.0, cost / MOST_BITS):.2f})">'
        f"{escape(tokenizer.decode(token[None]).decode(errors='replace'))}</span>"
        for token, cost in zip(targets[:, 0][there], bits[there].tolist(), strict=True)
    ]
    mean = float(bits[there].sum() / targets[:, 1].sum())
    test = info["baselines"]["test"]
    page = PAGE.format(bits=mean, order_2=test["order_2"], gzip=test["gzip"], text="".join(marked))
    (folder / "surprise.html").write_text(page, encoding="utf-8")


@torch.no_grad()
def bits_of_tokens(network: nn.Module, tokens: Tensor, targets: Tensor) -> Tensor:
    """How many bits each target `(N, 2, T)` took, after the tokens `(N, T)` before it: `(N, T)`."""
    scores = network(tokens.to(idist.device())).float().cpu().transpose(1, 2)  # (N, vocabulary, T)
    return cross_entropy(scores, targets[:, 0], reduction="none") / math.log(2)
