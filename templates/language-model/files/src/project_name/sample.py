"""Text from the best network of a run: `sample outputs/RUN --prompt "def "`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from msgspec import Meta
from torch import Tensor

from scaffold_runtime import distributed as idist
from scaffold_runtime.run import launch

from .evaluation import autocast
from .generate import generate
from .tokens import Tokenizer
from .trained import load_trained


@dataclass(frozen=True)
class Arguments:
    """Goes on after a prompt as the texts do that the network was trained on."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    prompt: str = ""
    """What the text begins with; with a new line if not given."""
    tokens: Annotated[int, Meta(ge=1)] = 200
    """How many tokens are drawn."""
    temperature: Annotated[float, Meta(ge=0)] = 0.8
    """Below 1 likely tokens become likelier; at 0 it is always the likeliest."""
    top_k: Annotated[int, Meta(ge=1)] | None = 50
    """Only so many of the likeliest tokens are drawn from."""
    seed: int = 0
    """The same seed gives the same text."""


def main() -> None:
    """Draws what the command line asks for."""
    arguments = tyro.cli(Arguments, prog=f"python -m {__package__}.sample")
    launch(run, arguments, backend="none")


def run(local_rank: int, arguments: Arguments) -> None:
    """Loads, draws, prints."""
    if arguments.tokens < 1 or arguments.temperature < 0 or (arguments.top_k or 1) < 1:
        raise SystemExit("Error: --tokens and --top-k should be at least 1, and --temperature at least 0.")
    trained = load_trained(arguments.run)
    tokenizer = Tokenizer.from_info(trained.info)

    def scores_of(tokens: Tensor) -> Tensor:
        with autocast(trained.config.precision, idist.device()):
            return trained.network(tokens)

    text = generate(
        scores_of,
        tokenizer.encode(arguments.prompt.encode() or b"\n"),
        count=arguments.tokens,
        length=trained.sizes["length"],
        temperature=arguments.temperature,
        top_k=arguments.top_k,
        seed=arguments.seed,
    )
    print(tokenizer.decode(text).decode(errors="replace"))


if __name__ == "__main__":
    main()
