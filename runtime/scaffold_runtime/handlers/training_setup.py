"""The handlers that nearly every training has, attached by one call each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from numbers import Number
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import Sampler, SequentialSampler

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import Events
from ..engine.gradient_window import EPOCH_ENDS
from ..metrics.running_average import RunningAverage
from .checkpoint import Checkpoint
from .disk_saver import BaseSaveHandler, DiskSaver
from .early_stopping import EarlyStopping
from .logged_values import global_step_from_engine
from .optimizer_steps import OptimizerSteps
from .schedules.of_torch import check_needs_no_score
from .schedules.optimizer_param import ParamScheduler
from .terminate_on_nan import TerminateOnNan
from .terminate_together import TerminateTogether
from .tqdm_logger import ProgressBar

SaveHandler = Callable[..., Any] | BaseSaveHandler


class EpochSampler(Protocol):
    """A sampler that draws another order each epoch, as torch's `DistributedSampler`."""

    def set_epoch(self, epoch: int) -> None:
        """Chooses the order of an epoch, counted from 0."""
        ...


def setup_common_training_handlers(
    trainer: Engine[Any, Any],
    train_sampler: EpochSampler | Sampler[Any] | None = None,
    to_save: Mapping[str, Any] | None = None,
    save_every_iters: int = 1000,
    output_path: str | None = None,
    lr_scheduler: LRScheduler | Callable[[Engine[Any, Any]], Any] | None = None,
    with_gpu_stats: bool = False,
    output_names: Iterable[str] | None = None,
    with_pbars: bool = True,
    with_pbar_on_iters: bool = True,
    log_every_iters: int = 100,
    stop_on_nan: bool = True,
    clear_cuda_cache: bool = True,
    save_handler: SaveHandler | None = None,
    **kwargs: Any,
) -> None:
    """Attaches a stop at NaN and one for all ranks, a learning-rate schedule, checkpoints, averages and progress bars.

    Call it on every process; what only one of them should do, it does.

    Args:
        trainer: the engine that trains.
        train_sampler: told the epoch at each epoch's start. Loaders of `idist.auto_dataloader` need none.
        to_save: objects to save, by name.
        save_every_iters: iterations between two checkpoints.
        output_path: the folder of checkpoints.
        lr_scheduler: a schedule of torch or of `handlers`, stepped once for each step of the optimizer, or another
            handler, which runs before each iteration.
        with_gpu_stats: show how much of the GPU's memory is used, as the metric "gpu:0 mem(%)".
        output_names: names for the running averages of the output's parts: keys of a mapping, or places in a
            sequence.
        with_pbars: show a bar over epochs, and one over iterations.
        with_pbar_on_iters: show the one over iterations.
        log_every_iters: iterations between two looks at the GPU and two steps of the bar.
        stop_on_nan: attach `TerminateOnNan`.
        clear_cuda_cache: give unused memory of the GPU back after each epoch.
        save_handler: what writes checkpoints, instead of `output_path`.
        **kwargs: for `Checkpoint`.

    Raises:
        ValueError: there is something to save and not exactly one place for it; or GPU stats without a GPU.
        TypeError: the sampler has no `set_epoch`, or the schedule steps with a score.

    Example:
        >>> trainer = Engine(lambda engine, batch: {"loss": batch})
        >>> setup_common_training_handlers(trainer, output_names=["loss"], with_pbars=False)
        >>> trainer.run([2.0, 2.0]).metrics
        {'loss': 2.0}
    """
    if stop_on_nan:
        trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan())
    TerminateTogether().attach(trainer)
    if lr_scheduler is not None:
        _attach_schedule(trainer, lr_scheduler)
    if train_sampler is not None:
        _attach_sampler(trainer, train_sampler)
    if clear_cuda_cache and torch.cuda.is_available():
        trainer.add_event_handler(Events.EPOCH_COMPLETED, torch.cuda.empty_cache)
    if to_save is not None:
        handler = _save_handler(output_path, save_handler)
        checkpoint = Checkpoint(to_save, handler, filename_prefix="training", **kwargs)
        trainer.add_event_handler(Events.ITERATION_COMPLETED(every=save_every_iters), checkpoint)
    if with_gpu_stats:
        _attach_gpu_stats(trainer, log_every_iters)
    for place, name in enumerate(output_names or ()):
        RunningAverage(output_transform=partial(_part, place=place, name=name)).attach(trainer, name)
    if with_pbars:
        _attach_bars(trainer, Events.ITERATION_COMPLETED(every=log_every_iters) if with_pbar_on_iters else None)


def gen_save_best_models_by_val_score(
    save_handler: str | SaveHandler,
    evaluator: Engine[Any, Any],
    models: nn.Module | Mapping[str, nn.Module],
    metric_name: str,
    n_saved: int = 3,
    trainer: Engine[Any, Any] | None = None,
    tag: str = "val",
    score_sign: float = 1.0,
    **kwargs: Any,
) -> Checkpoint:
    """Keeps the models with the best scores; see `save_best_model_by_val_score`.

    Args:
        save_handler: a folder, a `BaseSaveHandler`, or a function of (checkpoint, filename).
        evaluator: has the score among its metrics.
        models: one, or several by name.
        metric_name: the metric that is the score.
        n_saved: models to keep.
        trainer: its epoch stands in the files' names.
        tag: stands before the metric in the files' names.
        score_sign: -1.0 where less is better.
        **kwargs: for `Checkpoint`.

    Returns:
        The handler, which knows the best one's file.
    """
    best = Checkpoint(
        {"model": models} if isinstance(models, nn.Module) else models,
        save_handler,
        filename_prefix="best",
        n_saved=n_saved,
        global_step_transform=None if trainer is None else global_step_from_engine(trainer),
        score_name=f"{tag}_{metric_name.lower()}",
        score_function=Checkpoint.get_default_score_fn(metric_name, score_sign=score_sign),
        **kwargs,
    )
    evaluator.add_event_handler(Events.COMPLETED, best)
    return best


def save_best_model_by_val_score(
    output_path: str,
    evaluator: Engine[Any, Any],
    model: nn.Module,
    metric_name: str,
    n_saved: int = 3,
    trainer: Engine[Any, Any] | None = None,
    tag: str = "val",
    score_sign: float = 1.0,
    **kwargs: Any,
) -> Checkpoint:
    """Keeps the models with the best scores in a folder, each time the evaluator has completed.

    Args:
        output_path: the folder.
        evaluator: has the score among its metrics.
        model: what is saved.
        metric_name: the metric that is the score.
        n_saved: models to keep.
        trainer: its epoch stands in the files' names.
        tag: stands before the metric in the files' names.
        score_sign: -1.0 where less is better.
        **kwargs: for `Checkpoint`.

    Returns:
        The handler, which knows the best one's file.
    """
    return gen_save_best_models_by_val_score(
        DiskSaver(output_path, require_empty=False),
        evaluator,
        model,
        metric_name,
        n_saved=n_saved,
        trainer=trainer,
        tag=tag,
        score_sign=score_sign,
        **kwargs,
    )


def add_early_stopping_by_val_score(
    patience: int,
    evaluator: Engine[Any, Any],
    trainer: Engine[Any, Any],
    metric_name: str,
    score_sign: float = 1.0,
) -> EarlyStopping:
    """Stops the trainer when a metric of the evaluator has not improved for `patience` evaluations.

    Args:
        patience: evaluations without improvement that are borne.
        evaluator: has the score among its metrics.
        trainer: what is stopped.
        metric_name: the metric that is the score.
        score_sign: -1.0 where less is better.

    Returns:
        The handler, whose state can be saved.
    """
    stopping = EarlyStopping(
        patience=patience,
        score_function=Checkpoint.get_default_score_fn(metric_name, score_sign=score_sign),
        trainer=trainer,
    )
    evaluator.add_event_handler(Events.COMPLETED, stopping)
    return stopping


def _attach_schedule(trainer: Engine[Any, Any], schedule: LRScheduler | Callable[..., Any]) -> None:
    if isinstance(schedule, ParamScheduler):
        schedule.attach(trainer)
    elif isinstance(schedule, LRScheduler):
        _step_with_optimizer(trainer, schedule)
    else:
        trainer.add_event_handler(Events.ITERATION_STARTED, schedule)


def _step_with_optimizer(trainer: Engine[Any, Any], schedule: LRScheduler) -> None:
    check_needs_no_score(schedule)
    steps = OptimizerSteps(schedule.optimizer)

    def step() -> None:
        if steps.take():
            schedule.step()

    trainer.add_event_handler(Events.ITERATION_COMPLETED | EPOCH_ENDS, step)


def _attach_sampler(trainer: Engine[Any, Any], sampler: EpochSampler | Sampler[Any]) -> None:
    """Tells it the epochs; `loader.sampler` need not be told where `idist.auto_dataloader` or one process draws."""
    draws_by_itself = SequentialSampler if idist.get_world_size() > 1 else Sampler
    if isinstance(sampler, draws_by_itself) and not hasattr(sampler, "set_epoch"):
        return
    if not callable(getattr(sampler, "set_epoch", None)):
        raise TypeError(
            f"`train_sampler` should have `set_epoch`, as torch's `DistributedSampler` has; got {sampler!r}."
        )

    def tell(engine: Engine[Any, Any]) -> None:
        cast("EpochSampler", sampler).set_epoch(engine.state.epoch - 1)

    trainer.add_event_handler(Events.EPOCH_STARTED, tell)


def _save_handler(output_path: str | None, save_handler: SaveHandler | None) -> SaveHandler:
    if (output_path is None) == (save_handler is None):
        given = "neither" if output_path is None else "both"
        raise ValueError(f"`to_save` goes to `output_path` or to `save_handler`: give one of them; got {given}.")
    return DiskSaver(output_path, require_empty=False) if output_path is not None else cast("SaveHandler", save_handler)


def _attach_gpu_stats(trainer: Engine[Any, Any], every: int) -> None:
    if not torch.cuda.is_available():
        raise ValueError("`with_gpu_stats=True` needs a GPU, and there is none here.")

    def note(engine: Engine[Any, Any]) -> None:
        free, total = torch.cuda.mem_get_info()
        name = f"gpu:{torch.cuda.current_device()} mem(%)"
        engine.state.metrics[name] = round(100 * (1 - free / total))

    trainer.add_event_handler(Events.ITERATION_COMPLETED(every=every), note)


def _part(output: Any, *, place: int, name: str) -> Any:
    """One part of a step's output."""
    if isinstance(output, Mapping):
        return cast("Mapping[str, Any]", output)[name]
    if isinstance(output, (Tensor, Number)):
        return output
    if isinstance(output, Sequence):
        return cast("Sequence[Any]", output)[place]
    raise TypeError(
        f"`output_names` name the parts of a mapping, a sequence or a number; the output is a {type(output).__name__}."
    )


def _attach_bars(trainer: Engine[Any, Any], event: Any) -> None:
    if event is not None:
        ProgressBar(persist=False).attach(trainer, metric_names="all", event_name=event)
    epochs = ProgressBar(persist=True, bar_format="")
    epochs.attach(trainer, event_name=Events.EPOCH_STARTED, closing_event_name=Events.COMPLETED)
