"""A run that was killed and resumed ends where a run that was left alone does, to the bit."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import CallableEventWithFilter, Events
from scaffold_runtime.engine.supervised import create_supervised_trainer
from scaffold_runtime.handlers.checkpoint import Checkpoint
from scaffold_runtime.handlers.early_stopping import EarlyStopping
from scaffold_runtime.handlers.run_state import resume, run_state
from scaffold_runtime.handlers.saving.checkpoint_error import MismatchError
from scaffold_runtime.metrics import Accuracy, RunningAverage

EPOCHS = 3
Loader = Callable[[], Any]


class Killed(Exception):
    """Stands for the kill: nothing of the run is used afterwards."""


def dataset() -> TensorDataset:
    """Thirty samples of two classes."""
    x = torch.linspace(-1, 1, 30 * 4).view(30, 4)
    return TensorDataset(x, (x.sum(1) > 0).long())


LOADERS: dict[str, Loader] = {
    "auto": lambda: idist.auto_dataloader(dataset(), batch_size=4, shuffle=True),
    "plain": lambda: DataLoader(dataset(), batch_size=4, shuffle=True),
    "workers": lambda: DataLoader(dataset(), batch_size=4, shuffle=True, num_workers=2),
}


class Run:
    """One process's run: a network with dropout, trained on noisy inputs."""

    def __init__(self, folder: Path, loader: Loader, *, seed: int = 0) -> None:
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)
        self.loader = loader()
        self.model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.5), nn.BatchNorm1d(16), nn.Linear(16, 2))
        self.optimizer = torch.optim.Adam(self.model.parameters(), 0.01)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 5)
        self.trainer: Engine[Any, Any] = Engine(self.step)
        Accuracy(output_transform=lambda output: output["pair"]).attach(self.trainer, "accuracy")
        RunningAverage(output_transform=lambda output: output["loss"]).attach(self.trainer, "average")
        self.trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: self.scheduler.step())
        self.state = run_state(self.trainer, model=self.model, optimizer=self.optimizer, scheduler=self.scheduler)
        self.results: list[Any] = []
        self.trainer.add_event_handler(
            Events.EPOCH_COMPLETED, lambda: self.results.append(dict(self.trainer.state.metrics))
        )
        self.checkpoint = Checkpoint(self.state, folder)

    def step(self, engine: Engine[Any, Any], batch: tuple[Tensor, Tensor]) -> dict[str, Any]:
        """One step, with noise of three generators on the input."""
        x, y = batch
        y_pred = self.model(x + torch.randn_like(x) + random.random() + np.random.rand())
        loss = nn.functional.cross_entropy(y_pred, y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"pair": (y_pred.detach(), y), "loss": loss.detach()}

    def train(self, *, killed_at: CallableEventWithFilter | None = None) -> dict[str, Any]:
        """Runs to the end, or saves and dies at an event."""
        if killed_at is not None:
            self.trainer.add_event_handler(killed_at, self.checkpoint, priority=-1)
            self.trainer.add_event_handler(killed_at, self.die, priority=-2)
        self.trainer.run(self.loader, max_epochs=EPOCHS)
        return {"model": self.model.state_dict(), "rate": self.scheduler.get_last_lr(), "results": self.results[-1]}

    def die(self) -> None:
        """The kill."""
        raise Killed


def killed_and_untouched(kind: str, killed_at: CallableEventWithFilter, folder: Path) -> tuple[Any, Any]:
    """What a run that was killed and resumed has learnt, and one that was left alone."""
    untouched = Run(folder / "untouched", LOADERS[kind]).train()
    with pytest.raises(Killed):
        Run(folder / "killed", LOADERS[kind]).train(killed_at=killed_at)
    resumed = Run(folder / "resumed", LOADERS[kind], seed=1)
    assert resume(resumed.state, folder / "killed") is not None
    torch.rand(3)  # whatever is drawn between loading and the next step
    return resumed.train(), untouched


@pytest.mark.parametrize("kind", list(LOADERS))
@pytest.mark.parametrize("epoch", [1, 2])
def test_a_run_resumed_between_epochs_ends_with_the_same_bits(kind: str, epoch: int, tmp_path: Path) -> None:
    """Weights, learning rate and metrics at the end are those of a run that nobody killed."""
    killed, untouched = killed_and_untouched(kind, Events.EPOCH_COMPLETED(once=epoch), tmp_path)
    torch.testing.assert_close(killed, untouched, rtol=0, atol=0)


@pytest.mark.parametrize("kind", list(LOADERS))
@pytest.mark.parametrize("iteration", [1, 5, 8, 11, 16, 23])
def test_a_run_resumed_within_an_epoch_ends_with_the_same_bits(kind: str, iteration: int, tmp_path: Path) -> None:
    """Weights, learning rate and metrics at the end are those of a run that nobody killed."""
    killed, untouched = killed_and_untouched(kind, Events.ITERATION_COMPLETED(once=iteration), tmp_path)
    torch.testing.assert_close(killed, untouched, rtol=0, atol=0)


def test_a_stateful_object_that_was_forgotten_is_named(tmp_path: Path) -> None:
    """What handlers use - as methods, in closures, as arguments - and nobody saves is named when the run starts."""
    run = Run(tmp_path, LOADERS["plain"])
    evaluator: Engine[Any, Any] = Engine(lambda engine, batch: None)
    stopping = EarlyStopping(3, lambda engine: 0.0, run.trainer)
    evaluator.add_event_handler(Events.COMPLETED, stopping)
    average = torch.optim.swa_utils.AveragedModel(nn.Linear(1, 1))
    run.trainer.add_event_handler(Events.COMPLETED, lambda: average.training)
    run_state(run.trainer, evaluator, model=run.model, optimizer=run.optimizer, scheduler=run.scheduler)
    run.trainer.add_event_handler(Events.ITERATION_STARTED, run.trainer.terminate)
    with pytest.warns(UserWarning, match="The run's state lacks") as caught:
        run.trainer.run(run.loader)
    assert str(caught[-1].message) == (
        "The run's state lacks AveragedModel, EarlyStopping, which the run uses: a resumed run would start them "
        "anew. Give them to `run_state`."
    )


@pytest.mark.parametrize("closure", [True, False])
def test_what_the_steps_use_and_nobody_saves_is_named(closure: bool) -> None:
    """The optimizer and the scaler of the training step, wherever it has them; one that is off has no state."""
    model = nn.Linear(1, 1)
    optimizer, scaler = torch.optim.SGD(model.parameters()), torch.amp.GradScaler("cpu")
    off = torch.amp.GradScaler("cpu", enabled=False)

    def step(engine: Engine[Any, Any], batch: Any) -> Any:
        return model, optimizer, scaler, off

    trainer: Engine[Any, Any] = (
        Engine(step)
        if closure
        else create_supervised_trainer(model, optimizer, nn.functional.mse_loss, amp_mode="amp", scaler=scaler)
    )
    for missing, given in (("GradScaler, SGD", {}), ("GradScaler", {"optimizer": optimizer})):
        run_state(trainer, model=nn.DataParallel(model), **given)
        trainer.add_event_handler(Events.ITERATION_STARTED, trainer.terminate)
        with pytest.warns(UserWarning, match=f"The run's state lacks {missing}, which the run uses"):
            trainer.run([0])


def test_a_complete_state_warns_of_nothing(tmp_path: Path) -> None:
    """Where everything is saved there is no warning."""
    run = Run(tmp_path, LOADERS["plain"])
    run.trainer.add_event_handler(Events.EPOCH_COMPLETED, run.checkpoint)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.trainer.run(run.loader)


def test_an_object_without_a_state_is_refused() -> None:
    """A name whose object cannot be saved is told at once."""
    with pytest.raises(TypeError, match=r"`config` should have `state_dict` and `load_state_dict`, and is a dict\."):
        run_state(Engine(lambda engine, batch: None), config={})


def test_a_folder_without_checkpoints_resumes_nothing(tmp_path: Path) -> None:
    """Resuming from an empty or missing folder says so and leaves everything as it is."""
    run = Run(tmp_path, LOADERS["plain"])
    assert resume(run.state, tmp_path) is None
    assert resume(run.state, tmp_path / "missing") is None


def test_a_damaged_state_costs_only_itself(tmp_path: Path) -> None:
    """Resumed from a folder whose newest state has a flipped bit, a run goes on from the one before it."""
    run = Run(tmp_path, LOADERS["plain"])
    run.checkpoint = Checkpoint(run.state, tmp_path / "states", n_saved=2)
    run.trainer.add_event_handler(Events.EPOCH_COMPLETED, run.checkpoint)
    run.train()
    newest = tmp_path / "states" / "checkpoint_24.pt"
    content = bytearray(newest.read_bytes())
    content[-400] ^= 16
    newest.write_bytes(content)
    again = Run(tmp_path / "again", LOADERS["plain"])
    with pytest.warns(UserWarning, match=r"checkpoint_24\.pt' is damaged"):
        assert resume(again.state, tmp_path / "states") == tmp_path / "states" / "checkpoint_16.pt"
    assert again.trainer.state.iteration == 16


def test_a_run_of_version_0_1_0_is_resumed(tmp_path: Path) -> None:
    """Files that plain torch could have written, with a best network among them and a manifest, are gone on from."""
    run = Run(tmp_path / "old", LOADERS["plain"])
    states = {name: obj.state_dict() for name, obj in run.state.items()}
    torch.save(states, tmp_path / "last_8.pt")
    torch.save(run.model.state_dict(), tmp_path / "best_model_2.pt")
    (tmp_path / "manifest.json").write_text('{"format": 1, "latest": "last_8.pt", "best": {}, "checkpoints": {}}')
    again = Run(tmp_path / "new", LOADERS["plain"], seed=1)
    assert resume(again.state, tmp_path) == tmp_path / "last_8.pt"
    assert torch.equal(again.model[0].weight, run.model[0].weight)


def test_a_named_file_has_to_be_there_and_fit(tmp_path: Path) -> None:
    """A file that was asked for by name is never silently passed over."""
    run = Run(tmp_path, LOADERS["plain"])
    with pytest.raises(FileNotFoundError, match="There is no checkpoint"):
        resume(run.state, tmp_path / "a.pt")
    for name in ("a.pt", "a.pth", "a"):
        torch.save({"model": {}}, tmp_path / name)
        with pytest.raises(MismatchError, match="the checkpoint lacks `trainer`"):
            resume(run.state, tmp_path / name)


def test_the_random_numbers_of_each_process_come_back(run_program: Callable[..., list[str]], tmp_path: Path) -> None:
    """Two processes draw different numbers, and after a resume the same again; a lone one gets its own seed."""
    for rank, output in enumerate(run_program("random_on_two_ranks.py", tmp_path, processes=2)):
        drawn, again = output.splitlines()[-2:]
        assert drawn == again
        assert drawn.startswith(f"rank {rank}:")
    first = run_program("random_on_two_ranks.py", tmp_path, "resume")
    second = run_program("random_on_two_ranks.py", tmp_path, "resume")
    assert first == second != [drawn]
