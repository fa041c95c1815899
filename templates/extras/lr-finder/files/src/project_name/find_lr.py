"""Looks for a learning rate: `find_lr`, with the flags of `train`.

A short training whose rate grows from step to step until the loss diverges. A good one is where the loss falls fastest.
"""

import warnings
from dataclasses import replace
from typing import Any

from matplotlib.figure import Figure
from torch.optim.lr_scheduler import LambdaLR

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine
from scaffold_runtime.engine.random_state import seed_everything
from scaffold_runtime.handlers import FastaiLRFinder
from scaffold_runtime.run import launch

from .config import Config, parse_config
from .data import load_datasets
from .loaders import make_loaders
from .model import build_model
from .optim import make_optimizer
from .output import whole_files, writing
from .steps import TrainStep
from .task import make_loss

ITERATIONS = 200  # enough to see a curve through the noise of batches
LOWEST, HIGHEST = 1e-6, 10.0  # from where nothing moves to where everything diverges


def main() -> None:
    """Looks for a rate for the configuration of the command line."""
    config = parse_config()
    launch(run, config, backend=config.backend, nproc_per_node=config.nproc_per_node)


def run(local_rank: int, config: Config) -> None:
    """One process of the test; rank 0 draws `find_lr.png` and says the number."""
    seed_everything(config.seed)
    datasets = load_datasets(config.data)
    loaders = make_loaders(datasets, config.data, config.seed, config.fast_dev_run, config.overfit_batches)
    model = idist.auto_model(build_model(config.model, **datasets.sizes))
    # Groups of parameters keep the proportions of their rates; the test sets them, so the schedule leaves them alone.
    optimizer = idist.auto_optim(make_optimizer(model, replace(config.optimizer, learning_rate=1.0)))
    shares = [float(group["lr"]) for group in optimizer.param_groups]
    schedule = LambdaLR(optimizer, lambda step: 1.0)
    loss_fn = make_loss(datasets.sizes)
    trainer = Engine[Any, Any](TrainStep(model, loss_fn, optimizer, schedule, config.optimizer, config.precision))

    finder, to_save = FastaiLRFinder(), {"model": model, "optimizer": optimizer}
    iterations = ITERATIONS * config.optimizer.gradient_accumulation_steps
    starts, ends = [LOWEST * share for share in shares], [HIGHEST * share for share in shares]
    attached = finder.attach(trainer, to_save, num_iter=iterations, start_lr=starts, end_lr=ends)
    with attached as test, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The range test has ended")  # the picture shows that no loss diverged
        test.run(loaders["train"])
    if idist.get_rank() == 0:
        draw_and_tell(finder, shares[0], config)


def draw_and_tell(finder: FastaiLRFinder, share: float, config: Config) -> None:
    """The picture, and the number.

    Raises:
        SystemExit: the loss does not fall anywhere.
    """
    try:
        suggested = finder.lr_suggestion()
    except RuntimeError as error:
        raise SystemExit(f"Error: {error}") from None
    rate = (suggested[0] if isinstance(suggested, list) else suggested) / share
    path = config.output_dir / "find_lr.png"
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    finder.plot(skip_start=0, ax=axes)
    axes.set_title(f"learning rate {rate:.2g}")
    with writing(path), whole_files(config.output_dir) as unfinished:
        figure.savefig(unfinished / path.name)
    print(f"learning rate {rate:.2g}: there the loss falls fastest; `--optimizer.learning-rate {rate:.2g}` takes it")
    print(f"in       {path}")


if __name__ == "__main__":
    main()
