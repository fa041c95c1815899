"""Training each template's default project beside the same training written by hand in plain PyTorch.

One process, the same network, data, loss, optimizer and schedule; the two take turns, of some forty steps each, which
are several epochs of a small data set. The median of the turns' ratios counts. Aim: at most 1.02.

And the lines that a user of vision-classification reads, beside a plain script for the same training (`plain/`).
"""

from __future__ import annotations

import ast
import importlib
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader

from scaffold.life.apply import write_project
from scaffold.life.finish import generate
from scaffold.template.catalog import load_catalog

sys.path.insert(0, str(Path(__file__).parents[2]))  # `python tests/benchmarks/bench_templates.py` does not find `tests`
from tests.code_lines import code_lines

TEMPLATES = (
    "vision-classification",
    "vision-segmentation",
    "vision-detection",
    "text-classification",
    "language-model",
    "tabular",
)
AFTER_TRAINING = ("pictures.py", "confusion.py", "trained.py", "output.py")
"""What a training calls at its end, for people and for programs that use it, and the script has not."""

TURNS = 9
BATCHES = 40
"""Of an epoch, at most; and of a turn, at least, for a run is started once and has many epochs."""


def main() -> None:
    """Prints a row for each template."""
    torch.set_num_threads(1)
    print(f"{'template':<24}{'by hand, ms/step':>18}{'project, ms/step':>18}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for template in TEMPLATES:
            package = template.replace("-", "_") + "_project"
            write_project(generate(load_catalog(), template, package, {}), Path(folder) / template)
            sys.path.insert(0, str(Path(folder) / template / "src"))
            by_hand, engine = runs_of(package)
            ratios, seconds = list[float](), list[tuple[float, float]]()
            for _ in range(TURNS):
                one, other = timed(by_hand), timed(engine)
                seconds.append((one, other))
                ratios.append(other / one)
            plain, own = (statistics.median(column) for column in zip(*seconds[1:], strict=True))  # the first warms up
            print(f"{template:<24}{plain:>18.3f}{own:>18.3f}{statistics.median(ratios[1:]):>8.3f}")
        compare_lines(Path(folder) / "vision-classification" / "src" / "vision_classification_project")


def compare_lines(package: Path) -> None:
    """Prints how many lines one reads to know a training: the project's own that it runs through, and the script's."""
    script = Path(__file__).parent / "plain" / "vision_classification.py"
    own = reached_from(package / "train.py")
    followed = [path for path in own if path.name not in AFTER_TRAINING]
    print(f"\n{'vision-classification':<40}{'files':>8}{'lines':>8}{'of code':>12}")
    for title, files in (
        ("one plain script", [script]),
        ("project: to follow a training", followed),
        ("project: and its pictures, best network", own),
    ):
        texts = [path.read_text() for path in files]
        lines, code = sum(text.count("\n") for text in texts), sum(map(code_lines, texts))
        print(f"{title:<40}{len(files):>8}{lines:>8}{code:>12}")


def reached_from(module: Path) -> list[Path]:
    """The module and all that it imports of its own package, but for the runtime."""
    reached: list[Path] = []
    waiting = [module]
    while waiting:
        path = waiting.pop()
        if path.is_file() and path not in reached:
            reached.append(path)
            imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
            waiting += [path.parent / f"{node.module}.py" for node in imports if node.level == 1 and node.module]
    return reached


def runs_of(package: str) -> tuple[Callable[[], int], Callable[[], int]]:
    """A turn by hand and one of the project; each returns its steps."""

    def part(name: str) -> Any:
        return importlib.import_module(f"{package}.{name}")

    config = part("config").Config()
    datasets = part("data").load_datasets(config.data)
    samples = part("loaders").first(datasets.train, BATCHES * config.data.batch_size)
    loss_fn = part("task").make_loss(datasets.sizes)
    epochs = math.ceil(BATCHES / math.ceil(len(samples) / config.data.batch_size))

    def network_and_optimizer() -> tuple[Any, Any, Any]:
        torch.manual_seed(0)
        model = part("model").build_model(config.model, **datasets.sizes)
        optimizer = part("optim").make_optimizer(model, config.optimizer)
        schedule = part("optim").make_scheduler(
            optimizer, config.optimizer, epochs=TURNS * epochs, batches_per_epoch=BATCHES
        )
        return model, optimizer, schedule

    model, optimizer, schedule = network_and_optimizer()
    loader = DataLoader(samples, config.data.batch_size, shuffle=True, drop_last=False)

    def by_hand() -> int:
        for _ in range(epochs):
            total = torch.zeros(())
            for inputs, targets in loader:
                optimizer.zero_grad(set_to_none=True)
                model.train()
                loss = loss_fn(model(inputs), targets)
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.detach() * len(inputs)
        return epochs * len(loader)

    engine_module, handlers = part("runtime.engine"), part("runtime.handlers")
    step = part("steps").TrainStep(*reordered(network_and_optimizer(), loss_fn), config.optimizer, config.precision)
    trainer = engine_module.Engine(step)
    part("runtime.metrics").Average().attach(trainer, "loss")
    trainer.add_event_handler(engine_module.Events.ITERATION_COMPLETED, handlers.TerminateOnNan())
    handlers.TerminateTogether().attach(trainer)
    own_loader = part("loaders").make_loader(samples, config.data, 0, evaluate=False)

    def of_the_project() -> int:
        trainer.run(own_loader, max_epochs=trainer.state.epoch + epochs)
        return epochs * len(own_loader)

    return by_hand, of_the_project


def reordered(made: tuple[Any, Any, Any], loss_fn: Any) -> tuple[Any, Any, Any, Any]:
    """What `TrainStep` takes first."""
    model, optimizer, schedule = made
    return model, loss_fn, optimizer, schedule


def timed(turn: Callable[[], int]) -> float:
    """Milliseconds of the processor per step, which other programs on the machine hardly disturb."""
    started = time.process_time()
    steps = turn()
    return (time.process_time() - started) / steps * 1000


if __name__ == "__main__":
    main()
