"""Images by the best generator of a run: `sample outputs/RUN --count 64 --seed 0`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import tyro

from scaffold_runtime.run import launch

from .noise import make_noise
from .output import whole_files, writing
from .pictures import generate, to_grid, to_image
from .trained import load_trained


@dataclass(frozen=True)
class Arguments:
    """Makes images by the best generator of a run."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    count: int = 64
    """How many."""
    seed: int = 0
    """Of the noise that they are made of: the same seed gives the same images."""
    output: Path = Path("samples.png")
    """All in one picture, if it ends with .png; else a folder, with a file for each."""


def main() -> None:
    """Makes what the command line asks for."""
    arguments = tyro.cli(Arguments, prog=f"python -m {__package__}.sample")
    launch(run, arguments, backend="none")


def run(local_rank: int, arguments: Arguments) -> None:
    """Generates and writes."""
    if arguments.count < 1:
        raise SystemExit(f"Error: --count should be at least 1, and is {arguments.count}.")
    trained, output = load_trained(arguments.run), arguments.output
    noise = make_noise(arguments.count, trained.sizes["latent_size"], seed=arguments.seed)
    size = trained.config.data.eval_batch_size
    batches = [generate(trained.network, part) for part in noise.split(size)]
    is_one = output.suffix == ".png"
    with writing(output), whole_files(output.parent if is_one else output) as folder:
        if is_one:
            to_grid(torch.cat(batches)).save(folder / output.name)
        else:
            for number, image in enumerate(image for batch in batches for image in batch):
                to_image(image.permute(1, 2, 0)).save(folder / f"{number:05}.png")
    print(f"{arguments.count} images in {output}")


if __name__ == "__main__":
    main()
