"""Measures the best network of a run once more: `evaluate outputs/RUN`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from scaffold_runtime import distributed as idist
from scaffold_runtime.run import launch
from scaffold_runtime.run.report import in_lines, write_results

from .data import load_datasets
from .evaluation import make_evaluator
from .loaders import make_loader
from .output import whole_files, writing
from .pictures import draw_results
from .task import make_metrics
from .trained import check_data, load_trained


@dataclass(frozen=True)
class Arguments:
    """Measures the best network of a run on its test samples, or on others; draws what it makes of them."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    split: Literal["train", "val", "test"] = "test"
    """Which samples."""
    backend: str = "auto"
    """How processes talk to each other."""
    nproc_per_node: int | None = None
    """Processes to start on this machine."""
    json: bool = False
    """Print the metrics as JSON, for programs."""


def main() -> None:
    """Evaluates what the command line asks for."""
    arguments = tyro.cli(Arguments, prog=f"python -m {__package__}.evaluate")
    launch(run, arguments, backend=arguments.backend, nproc_per_node=arguments.nproc_per_node)


def run(local_rank: int, arguments: Arguments) -> None:
    """One process of the evaluation; rank 0 writes into `evaluation/SPLIT/` of the run's folder."""
    trained = load_trained(arguments.run)
    config, sizes = trained.config, trained.sizes
    datasets = load_datasets(config.data)
    check_data(arguments.run, datasets)
    samples = getattr(datasets, arguments.split)
    # Not `auto_model`: each process has all weights, and only values are exchanged.
    metrics = make_metrics(sizes, idist.device())
    evaluator = make_evaluator(trained.network, metrics, config.precision)
    values = evaluator.run(make_loader(samples, config.data, config.seed, evaluate=True)).metrics
    if idist.get_rank() == 0:
        folder = arguments.run / "evaluation" / arguments.split
        with writing(folder), whole_files(folder) as unfinished:
            write_results(unfinished / "results.json", metrics=values, checkpoint=trained.file.name)
            draw_results(unfinished, trained.network, samples, trained.info)
        written = json.loads((folder / "results.json").read_text())
        print(json.dumps(written) if arguments.json else f"{in_lines(arguments.split, values)}\nin       {folder}")
    idist.barrier()


if __name__ == "__main__":
    main()
