"""Trains a small residual network on scikit-learn's digits, in plain PyTorch: `python vision_classification.py --help`.

Written as one would without an engine, for what a generated project does in training: one process or several
(`--nproc-per-node 2`, or by torchrun or srun), a run that was killed goes on to the same weights (`--resume`), signals
save and leave, files are whole or not there, the best and the newest are kept, every sample is evaluated once, a run
has its folder for itself, and a short trial of everything (`--fast-dev-run`, `--overfit-batches`).
"""

import argparse
import contextlib
import csv
import fcntl
import io
import json
import math
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split
from tqdm import tqdm


def place_of(name: str, slurm_name: str, default: str) -> int:
    """A number that torchrun, or srun, has told this process."""
    return int(os.environ.get(name, os.environ.get(slurm_name, default)))


RANK = place_of("RANK", "SLURM_PROCID", "0")
WORLD_SIZE = place_of("WORLD_SIZE", "SLURM_NTASKS", "1")
LOCAL_RANK = place_of("LOCAL_RANK", "SLURM_LOCALID", "0")
DEVICE = torch.device("cuda", LOCAL_RANK) if torch.cuda.is_available() else torch.device("cpu")
DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
PLEASE_RESTART = 75  # exit code: schedulers start the same command again
DIVERGED = 65  # exit code: they do not, it would diverge again
MAY_CHANGE = ("max_epochs", "resume", "num_workers", "eval_batch_size", "checkpoint_every", "output_dir", "name")
MAY_CHANGE += ("nproc_per_node", "keep_every")


def parse_arguments() -> argparse.Namespace:
    """The configuration; of a resumed run its own, with what may change on top."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64, help="samples of a batch, over all processes")
    parser.add_argument("--eval-batch-size", type=int, default=256, help="samples of an evaluation batch")
    parser.add_argument("--num-workers", type=int, default=0, help="loader processes")
    parser.add_argument("--split-seed", type=int, default=0, help="of training, validation and test samples")
    parser.add_argument("--width", type=int, default=32, help="channels of the first stage")
    parser.add_argument("--stages", type=int, default=2, help="stages of two blocks; each next one is half as high")
    parser.add_argument("--optimizer", choices=("adamw", "sgd"), default="adamw")
    parser.add_argument("--learning-rate", type=float, default=5e-3, help="peak of the schedule")
    parser.add_argument("--weight-decay", type=float, default=1e-2)
    parser.add_argument("--momentum", type=float, default=0.9, help="of SGD")
    parser.add_argument("--schedule", choices=("none", "cosine", "linear", "one-cycle"), default="cosine")
    parser.add_argument("--warmup-fraction", type=float, default=0.2, help="part of the run in which the rate rises")
    parser.add_argument("--accumulate", type=int, default=1, help="batches per step of the optimizer")
    parser.add_argument("--clip-grad-norm", type=float, help="largest norm of the gradient")
    parser.add_argument("--precision", choices=("fp32", "bf16", "fp16"), default="fp32")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--max-epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--no-deterministic", action="store_true", help="faster on GPUs; resumed runs end otherwise")
    parser.add_argument("--nproc-per-node", type=int, default=1, help="processes to start on this machine")
    parser.add_argument("--fast-dev-run", action="store_true", help="one epoch of one batch: does everything work?")
    parser.add_argument("--overfit-batches", type=int, help="train and evaluate on so many batches of training samples")
    parser.add_argument("--checkpoint-every", type=int, help="optimizer steps between checkpoints within epochs")
    parser.add_argument("--output-dir", type=Path, default=Path("outputs"))
    parser.add_argument("--name", help="the run's folder; the time if not given")
    parser.add_argument("--resume", help="the folder of a run to go on with; auto: the newest of this configuration")
    parser.add_argument("--keep", choices=("best", "newest"), default="best", help="of the networks")
    parser.add_argument("--keep-every", type=int, help="epochs between networks that are kept besides")
    arguments = parser.parse_args()
    arguments.max_epochs = 1 if arguments.fast_dev_run else arguments.max_epochs
    for name in ("batch_size", "eval_batch_size", "accumulate", "max_epochs", "nproc_per_node"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name.replace('_', '-')} should be at least 1")
    if arguments.batch_size % WORLD_SIZE:
        parser.error(f"--batch-size {arguments.batch_size} cannot be shared out to {WORLD_SIZE} processes")
    if arguments.resume is not None:
        take_up(arguments, parser)
    return arguments


def take_up(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Gives the run that goes on its own configuration; what may not change is refused."""
    if arguments.resume == "auto":
        arguments.resume = newest_alike(arguments)
    if arguments.resume is not None:
        arguments.resume = Path(arguments.resume)
        file = arguments.resume / "config.json"
        if not file.is_file():
            parser.error(f"'{arguments.resume}' is no run's folder")
        given = [name for name, value in vars(arguments).items() if value != parser.get_default(name)]
        saved = json.loads(file.read_text())
        for name in given:
            if name not in MAY_CHANGE and saved.get(name) != getattr(arguments, name):
                parser.error(f"the run has {name} {saved.get(name)}, not {getattr(arguments, name)}")
        kept = {name: value for name, value in saved.items() if name not in MAY_CHANGE or name not in given}
        vars(arguments).update({name: value for name, value in kept.items() if name in vars(arguments)})


def newest_alike(arguments: argparse.Namespace) -> Path | None:
    """The folder of the newest run that was started with this configuration, but for what may change."""
    wanted = {name: value for name, value in vars(arguments).items() if name not in MAY_CHANGE}
    for file in sorted(arguments.output_dir.glob("*/config.json"), key=os.path.getmtime, reverse=True):
        saved = json.loads(file.read_text())
        if {name: value for name, value in saved.items() if name not in MAY_CHANGE} == wanted:
            return file.parent
    return None


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut, activation first."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
        )
        same = in_channels == out_channels and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, C, H, W)` to `(N, out_channels, H / stride, W / stride)`."""
        return self.shortcut(x) + self.body(x)


class ResidualNetwork(nn.Module):
    """Stages of two residual blocks, then the mean over the image and one linear layer."""

    def __init__(self, width: int, stages: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, kernel_size=3, padding=1, bias=False)
        blocks: list[nn.Module] = []
        current = width
        for stage in range(stages):
            out = width * 2**stage
            blocks += [ResidualBlock(current, out, 1 if stage == 0 else 2), ResidualBlock(out, out, 1)]
            current = out
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(current)
        self.head = nn.Linear(current, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Images `(N, 1, H, W)` to class scores `(N, 10)`."""
        return self.head(self.norm(self.blocks(self.stem(x))).relu().mean(dim=(2, 3)))


def load_splits(split_seed: int) -> Sequence[Dataset[Any]]:
    """Training, validation and test samples: 70, 15 and 15 % of 1,797 images of 8 x 8 grey pixels."""
    digits: Any = load_digits()
    images = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
    samples = TensorDataset(images, torch.from_numpy(digits.target).long())
    return random_split(samples, [0.7, 0.15, 0.15], torch.Generator().manual_seed(split_seed))


def trial_splits(splits: Sequence[Dataset[Any]], arguments: argparse.Namespace) -> Sequence[Dataset[Any]]:
    """Few samples of them, if the run is a trial; to overfit, those of training everywhere."""
    if arguments.overfit_batches is not None and not arguments.fast_dev_run:
        splits = [splits[0]] * 3
    batches = 1 if arguments.fast_dev_run else arguments.overfit_batches
    if batches is None:
        return splits
    return [Subset(split, range(min(len(split), batches * arguments.batch_size))) for split in splits]  # pyright: ignore[reportArgumentType]


def training_batches(count: int, batch_size: int, seed: int, epoch: int, skip: int) -> list[list[int]]:
    """This process's share of the batches of an epoch, without those that are done; the same batches for any number.

    The last batch may be short: where it has fewer samples than there are processes it is left out.
    """
    order = torch.randperm(count, generator=torch.Generator().manual_seed(hash((seed, epoch)) % 2**63)).tolist()
    batches = [order[start : start + batch_size] for start in range(0, count, batch_size)]
    return [batch[RANK::WORLD_SIZE] for batch in batches[skip:] if len(batch) >= WORLD_SIZE]


def loader(samples: Dataset[Any], batches: list[list[int]], num_workers: int) -> DataLoader[Any]:
    """Reads these batches."""
    return DataLoader(samples, batch_sampler=batches, num_workers=num_workers, pin_memory=DEVICE.type == "cuda")


def autocast(precision: str) -> contextlib.AbstractContextManager[Any]:
    """Within it the forward pass has this precision."""
    return torch.autocast(DEVICE.type, DTYPES[precision]) if precision in DTYPES else contextlib.nullcontext()


@torch.no_grad()
def evaluate(network: nn.Module, samples: Dataset[Any], arguments: argparse.Namespace) -> dict[str, float]:
    """Accuracy and loss, each sample once: processes have unequal shares, and only sums are exchanged."""
    network.eval()
    if WORLD_SIZE > 1:
        for buffer in network.buffers():  # the statistics of batch norm are each process's own
            dist.broadcast(buffer, src=0)
    mine = list(range(RANK, len(samples), WORLD_SIZE))  # pyright: ignore[reportArgumentType]
    size = max(1, arguments.eval_batch_size // WORLD_SIZE)
    batches = [mine[start : start + size] for start in range(0, len(mine), size)]
    sums = torch.zeros(3, dtype=torch.float64, device=DEVICE)  # right ones, loss, samples
    for images, labels in loader(samples, batches, arguments.num_workers):
        images, labels = images.to(DEVICE, non_blocking=True), labels.to(DEVICE, non_blocking=True)
        with autocast(arguments.precision):
            scores = network(images)
        scores = scores.float()
        sums[0] += (scores.argmax(dim=1) == labels).sum()
        sums[1] += cross_entropy(scores, labels, reduction="sum")
        sums[2] += len(labels)
    if WORLD_SIZE > 1:
        dist.all_reduce(sums)
    right, loss, count = sums.tolist()
    return {"accuracy": right / count, "loss": loss / count}


def write_whole(path: Path, write: Callable[[Any], object]) -> None:
    """The file is whole, on the disk, or it is as it was."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)  # else the new name may be lost with the machine
    os.close(folder)


@contextlib.contextmanager
def may_be_lost(file: str) -> Iterator[None]:
    """The training is worth more than a file of it: on a full disk it goes on."""
    try:
        yield
    except OSError as error:
        print(f"{file} could not be written: {error.strerror}. The run goes on without it.", file=sys.stderr)


def random_states() -> dict[str, Any]:
    """Of this process's generators."""
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "python": random.getstate(),
        "numpy": np.random.get_state(),
    }
    if DEVICE.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(DEVICE)
    return state


def set_random_states(state: dict[str, Any]) -> None:
    """Goes back there."""
    torch.set_rng_state(state["torch"])
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], DEVICE)


class Run:
    """A run: what it depends on, where it is, and its files."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self.arguments, self.folder = arguments, folder
        self.train, self.val, self.test = trial_splits(load_splits(arguments.split_seed), arguments)
        self.network = ResidualNetwork(arguments.width, arguments.stages).to(DEVICE)
        self.model: nn.Module = self.network
        if WORLD_SIZE > 1:
            self.model = DistributedDataParallel(self.network, [LOCAL_RANK] if DEVICE.type == "cuda" else None)
        if arguments.compile:
            self.model.compile()
        parameters, rate, decay = self.network.parameters(), arguments.learning_rate, arguments.weight_decay
        self.optimizer = (
            torch.optim.AdamW(parameters, rate, weight_decay=decay)
            if arguments.optimizer == "adamw"
            else torch.optim.SGD(parameters, rate, arguments.momentum, weight_decay=decay, nesterov=True)
        )
        self.num_batches = len(training_batches(len(self.train), arguments.batch_size, 0, 0, 0))  # pyright: ignore[reportArgumentType]
        self.steps = arguments.max_epochs * math.ceil(self.num_batches / arguments.accumulate)
        self.scheduler = LambdaLR(self.optimizer, self.rate_at)
        self.scaler = torch.amp.GradScaler(DEVICE.type, enabled=arguments.precision == "fp16")
        self.epoch, self.batch, self.seconds = 0, 0, 0.0
        self.loss_sum = torch.zeros(2, dtype=torch.float64, device=DEVICE)  # of this epoch: losses, samples
        self.history: list[dict[str, float]] = []
        self.best: list[tuple[float, str]] = []
        self.signal: int | None = None
        self.heard = 0.0
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
            signal.signal(number, self.hear)

    def hear(self, number: int, frame: object) -> None:
        """Notes a signal: the loop leaves at the end of the window. Another one ends the program at once."""
        now = time.monotonic()
        if self.signal is not None and now - self.heard > 1:  # not the echo of the first, which the launcher sends
            os._exit(128 + number)
        self.signal, self.heard = number, now

    def rate_at(self, step: int) -> float:
        """The learning rate, as a part of its peak."""
        warmup = max(1, round(self.arguments.warmup_fraction * self.steps))
        if self.arguments.schedule == "none":
            return 1.0
        if step < warmup and self.arguments.schedule == "one-cycle":
            return 0.5 * (1 - math.cos(math.pi * (step + 1) / warmup))
        if step < warmup:
            return (step + 1) / warmup
        progress = min(1.0, (step - warmup) / max(1, self.steps - warmup))
        return 1 - progress if self.arguments.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * progress))

    # ------------------------------------------------------------------ state

    def save(self) -> None:
        """Everything that the rest of the run depends on; the state before the last one goes when this one is safe."""
        states: list[Any] = [random_states()]
        sums = [self.loss_sum]
        if WORLD_SIZE > 1:
            states, sums = [None] * WORLD_SIZE, [torch.zeros_like(self.loss_sum) for _ in range(WORLD_SIZE)]
            dist.all_gather_object(states, random_states())
            dist.all_gather(sums, self.loss_sum)
        if RANK > 0:
            return
        parts = {"network": self.network, "optimizer": self.optimizer}
        parts |= {"scheduler": self.scheduler, "scaler": self.scaler}
        state: dict[str, Any] = {name: part.state_dict() for name, part in parts.items()}
        state |= {"epoch": self.epoch, "batch": self.batch, "loss_sum": torch.stack(sums).sum(dim=0).cpu()}
        state |= {"history": self.history, "best": self.best, "random": states, "seconds": self.seconds}
        step = self.epoch * self.num_batches + self.batch
        write_whole(self.folder / f"last_{step:08}.pt", lambda file: torch.save(state, file))
        for old in sorted(self.folder.glob("last_*.pt"))[:-2]:
            old.unlink()

    def load(self) -> None:
        """Goes to the newest state that can be read."""
        for file in sorted(self.folder.glob("last_*.pt"), reverse=True):
            try:
                state = torch.load(file, map_location="cpu", weights_only=False)
            except Exception as error:  # torch says in many ways that a file is damaged
                print(f"{file} cannot be used: {error}", file=sys.stderr)
                continue
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.scheduler.load_state_dict(state["scheduler"])
            self.scaler.load_state_dict(state["scaler"])
            self.epoch, self.batch, self.seconds = state["epoch"], state["batch"], state["seconds"]
            self.loss_sum = state["loss_sum"].to(DEVICE) * (RANK == 0)
            self.history, self.best = state["history"], [(score, name) for score, name in state["best"]]
            if len(state["random"]) == WORLD_SIZE:
                set_random_states(state["random"][RANK])
            self.say(f"Going on from {file}")
            return

    def keep_best(self, score: float) -> None:
        """Keeps the two networks that score best, or are newest, and now and then one for good."""
        every = self.arguments.keep_every
        if RANK == 0 and every is not None and self.epoch % every == 0:
            file = self.folder / f"epoch_{self.epoch:04}.pt"
            write_whole(file, lambda file: torch.save(self.network.state_dict(), file))
        if self.arguments.keep == "newest":
            score = float(self.epoch)
        name = f"best_{self.epoch:04}_{score:.4f}.pt"
        self.best = sorted([*self.best, (score, name)], key=lambda kept: kept[0])[-2:]
        if RANK == 0 and any(name == kept for _, kept in self.best):
            write_whole(self.folder / name, lambda file: torch.save(self.network.state_dict(), file))
            for old in self.folder.glob("best_*.pt"):
                if old.name not in [kept for _, kept in self.best]:
                    old.unlink()

    # -------------------------------------------------------------------- run

    def fit(self) -> None:
        """Trains to the end, or to a signal."""
        while self.epoch < self.arguments.max_epochs:
            started = time.perf_counter()
            self.train_epoch()
            if WORLD_SIZE > 1:
                dist.all_reduce(self.loss_sum)
            loss, count = self.loss_sum.tolist()
            if not math.isfinite(loss):
                print("Error: The loss is no number any more.\nHint:  Try a smaller learning rate.", file=sys.stderr)
                raise SystemExit(DIVERGED)
            values = evaluate(self.network, self.val, self.arguments)
            self.epoch, self.batch, self.loss_sum = self.epoch + 1, 0, torch.zeros_like(self.loss_sum)
            row = {"epoch": self.epoch, "train_loss": loss / count, "learning_rate": self.scheduler.get_last_lr()[0]}
            self.history.append({**row, **{f"val_{name}": value for name, value in values.items()}})
            self.seconds += time.perf_counter() - started
            with may_be_lost("history.csv"):
                self.write_history()
            with may_be_lost("a checkpoint"):
                self.keep_best(values["accuracy"])
                self.save()
            told = "  ".join(f"{name} {value:.4f}" for name, value in self.history[-1].items() if name != "epoch")
            self.say(
                f"epoch {self.epoch:>3}/{self.arguments.max_epochs}  {told}  {time.perf_counter() - started:.1f} s"
            )

    def train_epoch(self) -> None:
        """One pass from where the run is, in windows of batches that share a step."""
        self.model.train()
        size, seed, window = self.arguments.batch_size, self.arguments.seed, self.arguments.accumulate
        batches = training_batches(len(self.train), size, seed, self.epoch, self.batch)  # pyright: ignore[reportArgumentType]
        data = iter(loader(self.train, batches, self.arguments.num_workers))
        title = f"epoch {self.epoch + 1:>3}/{self.arguments.max_epochs}"
        is_shown = RANK == 0 and sys.stdout.isatty()
        bar = tqdm(desc=title, total=self.num_batches, initial=self.batch, leave=False, disable=not is_shown)
        while self.batch < self.num_batches:
            before = self.batch
            loss = self.step(data, min(window, self.num_batches - self.batch))
            if bar.update(self.batch - before):  # drawn: only then is the loss read, which waits for the device
                bar.set_postfix(loss=f"{float(loss):.4f}", refresh=False)
            self.leave_if_asked()
            every = self.arguments.checkpoint_every
            if every is not None and self.batch < self.num_batches and self.batch // window % every == 0:
                self.save()
        bar.close()

    def step(self, data: Iterator[Any], length: int) -> Tensor:
        """One step of the optimizer, with the gradients of so many batches; gives the loss of the last one."""
        loss = torch.zeros(())
        self.optimizer.zero_grad(set_to_none=True)
        for position in range(length):
            images, labels = (part.to(DEVICE, non_blocking=True) for part in next(data))
            is_last = position == length - 1
            alone = contextlib.nullcontext() if is_last or WORLD_SIZE == 1 else self.model.no_sync()  # pyright: ignore[reportCallIssue]
            with alone:
                with autocast(self.arguments.precision):
                    loss = cross_entropy(self.model(images), labels)
                self.scaler.scale(loss / length).backward()
            self.loss_sum += torch.stack([loss.detach() * len(labels), torch.tensor(len(labels), device=DEVICE)])
            self.batch += 1
        self.scaler.unscale_(self.optimizer)
        if self.arguments.clip_grad_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.arguments.clip_grad_norm)
        scale = self.scaler.get_scale()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.scaler.get_scale() >= scale:  # else the step was skipped
            self.scheduler.step()
        return loss.detach()

    def leave_if_asked(self) -> None:
        """Saves and leaves if any process has heard a signal, all of them together."""
        heard = torch.tensor(self.signal or 0)
        if WORLD_SIZE > 1:
            dist.all_reduce(heard, dist.ReduceOp.MAX)
        if heard:
            self.save()
            self.say(f"Stopping; --resume {self.folder} goes on from here.")
            raise SystemExit(130 if heard == signal.SIGINT else PLEASE_RESTART)

    def finish(self) -> None:
        """Tests the best network, and writes results and curves."""
        if WORLD_SIZE > 1:
            dist.barrier()  # rank 0 has written it by now
        for _, name in reversed(self.best):
            try:
                self.network.load_state_dict(torch.load(self.folder / name, map_location=DEVICE, weights_only=True))
                break
            except Exception as error:
                print(f"{name} cannot be used: {error}", file=sys.stderr)
        metrics = evaluate(self.network, self.test, self.arguments)
        if RANK == 0:
            results = {"metrics": metrics, "epochs": self.epoch, "seconds": self.seconds, "world_size": WORLD_SIZE}
            text = json.dumps({**results, "torch": torch.__version__}, indent=2)
            with may_be_lost("curves.png"):
                write_whole(self.folder / "curves.png", self.draw)
            write_whole(self.folder / "results.json", lambda file: file.write(text.encode()))
        self.say("  ".join(f"test {name} {value:.4f}" for name, value in metrics.items()))

    def write_history(self) -> None:
        """`history.csv`, a row for each epoch; written anew, so that a resumed run has no epoch twice."""
        if RANK == 0:
            text = io.StringIO()
            writer = csv.DictWriter(text, self.history[0])
            writer.writeheader()
            writer.writerows(self.history)
            write_whole(self.folder / "history.csv", lambda file: file.write(text.getvalue().encode()))

    def draw(self, file: Any) -> None:
        """The history as a picture."""
        names = [name for name in self.history[0] if name != "epoch"]
        figure = Figure(figsize=(4 * len(names), 3), layout="constrained")
        for axes, name in zip(figure.subplots(1, len(names)), names, strict=True):
            axes.plot([row["epoch"] for row in self.history], [row[name] for row in self.history])
            axes.set_title(name)
        figure.savefig(file, format="png")

    def say(self, text: str) -> None:
        """On the terminal and in the log, once."""
        if RANK == 0:
            tqdm.write(text)
            with may_be_lost("log.txt"), (self.folder / "log.txt").open("a") as file:
                file.write(text + "\n")


def open_folder(arguments: argparse.Namespace) -> Path:
    """The run's folder, the same for all processes."""
    names = [arguments.name or datetime.now().strftime("%Y-%m-%d_%H-%M-%S")]
    if WORLD_SIZE > 1:
        dist.broadcast_object_list(names, src=0)
    folder = arguments.resume or arguments.output_dir / names[0]
    fault = [""]
    if RANK == 0 and arguments.resume is None:
        try:
            folder.mkdir(parents=True)
            text = json.dumps(vars(arguments), default=str, indent=2)
            write_whole(folder / "config.json", lambda file: file.write(text.encode()))
        except OSError as error:
            fault = [f"Error: '{folder}' cannot be made: {error.strerror}."]
    if RANK == 0 and not fault[0]:
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT)  # open until the process ends, however it does
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            fault = [f"Error: Another process trains in '{folder}'."]
    if WORLD_SIZE > 1:
        dist.broadcast_object_list(fault, src=0)
    if fault[0]:
        raise SystemExit(fault[0] if RANK == 0 else 1)
    return folder


def spawn(count: int) -> int:
    """Starts this program once for each process, passes signals on, and ends all if one fails; the exit code."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    shared = {**os.environ, "WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        subprocess.Popen([sys.executable, *sys.argv], env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(count)
    ]
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        signal.signal(number, lambda number, _: [process.send_signal(number) for process in processes])
    while any(process.poll() is None for process in processes):
        if any(process.poll() for process in processes):
            time.sleep(5)  # those that leave in order have time to save
            for process in processes:
                process.kill()
        time.sleep(0.05)
    return max((process.returncode for process in processes), key=abs)


def main() -> None:
    """The run, in each process."""
    arguments = parse_arguments()
    if arguments.nproc_per_node > 1 and "RANK" not in os.environ:
        raise SystemExit(spawn(arguments.nproc_per_node))
    if not arguments.no_deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    if DEVICE.type == "cuda":
        torch.cuda.set_device(DEVICE)
    if WORLD_SIZE > 1:
        dist.init_process_group("nccl" if DEVICE.type == "cuda" else "gloo")
    try:
        folder = open_folder(arguments)
        if (folder / "results.json").exists() and arguments.max_epochs <= json.loads(
            (folder / "results.json").read_text()
        )["epochs"]:
            print("The run is finished.")
            return
        torch.manual_seed(arguments.seed)
        random.seed(arguments.seed)
        np.random.seed(arguments.seed)
        run = Run(arguments, folder)
        run.load()
        run.fit()
        run.finish()
    finally:
        if WORLD_SIZE > 1:
            dist.destroy_process_group()


if __name__ == "__main__":
    main()
