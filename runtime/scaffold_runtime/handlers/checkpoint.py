"""Saves objects while an engine runs, keeps the newest or the best, and loads them again.

The new file is safe before an old one goes. The state of every object is taken on every rank, because
for some objects that is a collective; one rank writes. A save that fails - a full disk, a folder that
has gone - is a warning: the training is worth more than one of its checkpoints.
"""

import math
import warnings
import weakref
from collections.abc import Callable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any, cast

from torch import Tensor

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import EventEnum, Events, Priority, takes
from .disk_saver import BaseSaveHandler as BaseSaveHandler
from .disk_saver import DiskSaver as DiskSaver
from .saving.checkpoint_error import SaveError
from .saving.checkpoint_file import read_checkpoint
from .saving.checkpoint_name import KeptFile, Retention, safe_in_filename, setup_filename_pattern
from .saving.lost_files import lost_files, tell_lost
from .saving.state_dicts import check_savable, is_sound, load_state, state_of

SaveHandler = Callable[..., Any] | BaseSaveHandler


class CheckpointEvents(EventEnum):
    """What a `Checkpoint` fires on the engine it is attached to."""

    SAVING_CHECKPOINT = "saving_checkpoint"
    SAVED_CHECKPOINT = "saved_checkpoint"


class Checkpoint:
    """Saves objects at the events it is attached to, and keeps `n_saved` files.

    Without a score the files with the highest global step are kept, with one those with the highest score. A
    file is named `{filename_prefix}_{name}_{global_step}_{score_name}={score}.pt`, without the parts that there
    are not; `name` is the object's if there is one, otherwise "checkpoint".

    Runs on:   any event of any engine; attach it on every rank.
    Changes:   files; fires `SAVING_CHECKPOINT` before and `SAVED_CHECKPOINT` after. Never touches the objects.
    Saves:     itself, with `include_self`: what it has saved, so that a resumed run goes on rotating.
    Processes: all take the states, `save_on_rank` writes. Scores must be alike on all ranks, as those of metrics are.

    Asked within an accumulation window, whose gradients no state has, it saves at the iteration that closes it. It does
    not save a run whose `TerminateOnNan` finds that its numbers have broken, and says so in a warning.

    Args:
        to_save: objects with `state_dict` and `load_state_dict` by name; mappings and lists of them too. What is added
            to it later is not saved. Engines are not kept alive by it.
        save_handler: a folder, a `BaseSaveHandler`, or a function of (checkpoint, filename).
        filename_prefix: what file names begin with; handlers that save objects of one name in one folder need different
            ones, or each removes what the other keeps.
        score_function: of the engine; higher is better.
        score_name: what the score is called in file names, where `val/acc` is `val_acc`; alone, the metric of that
            name is the score.
        n_saved: files to keep; None keeps all.
        global_step_transform: of (engine, event name); `global_step_from_engine(trainer)` on an evaluator.
        filename_pattern: another pattern, made of `{filename_prefix}`, `{name}`, `{global_step}`, `{score_name}`,
            `{score}` and `{ext}`.
        include_self: save this object's own state as "checkpointer".
        greater_or_equal: of two equal scores the later one is kept.
        save_on_rank: the process that writes.

    Example:
        >>> import tempfile, torch
        >>> trainer = Engine(lambda engine, batch: None)
        >>> model = torch.nn.Linear(2, 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     checkpoint = Checkpoint({"model": model, "trainer": trainer}, folder, n_saved=2)
        ...     _ = trainer.add_event_handler(Events.EPOCH_COMPLETED, checkpoint)
        ...     _ = trainer.run(range(10), max_epochs=3)
        ...     print(sorted(path.name for path in Path(folder).glob("*.pt")))
        ['checkpoint_20.pt', 'checkpoint_30.pt']
    """

    SAVING_CHECKPOINT = CheckpointEvents.SAVING_CHECKPOINT
    SAVED_CHECKPOINT = CheckpointEvents.SAVED_CHECKPOINT

    Item = KeptFile
    setup_filename_pattern = staticmethod(setup_filename_pattern)

    def __init__(
        self,
        to_save: Mapping[str, Any],
        save_handler: str | Path | SaveHandler,
        filename_prefix: str = "",
        score_function: Callable[[Engine[Any, Any]], float] | None = None,
        score_name: str | None = None,
        n_saved: int | None = 1,
        global_step_transform: Callable[[Engine[Any, Any], Any], int] | None = None,
        filename_pattern: str | None = None,
        include_self: bool = False,
        greater_or_equal: bool = False,
        save_on_rank: int = 0,
    ) -> None:
        if not isinstance(to_save, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`to_save` should be objects by name, got a {type(to_save).__name__}.")
        if include_self and "checkpointer" in to_save:
            raise ValueError(
                'With `include_self=True` this object is saved as "checkpointer"; `to_save` has one already.'
            )
        if isinstance(save_handler, (str, Path)):
            save_handler = DiskSaver(save_handler, create_dir=True, save_on_rank=save_on_rank)
        if not callable(save_handler):
            raise TypeError(f"`save_handler` should be a folder or callable, got a {type(save_handler).__name__}.")
        if global_step_transform is not None and not callable(global_step_transform):
            raise TypeError(f"`global_step_transform` should be a function, got {global_step_transform!r}.")
        if n_saved is not None and n_saved < 1:
            raise ValueError(f"`n_saved` should be at least 1, or None to keep all files; got {n_saved}.")
        if score_name is not None and score_function is None:
            score_function = self.get_default_score_fn(score_name)
        check_savable(to_save)
        self.to_save = to_save
        self.save_handler = save_handler
        self.filename_prefix = filename_prefix
        self.score_function = score_function
        self.score_name = score_name
        self.global_step_transform = global_step_transform
        self.filename_pattern = filename_pattern
        self.include_self = include_self
        self.save_on_rank = save_on_rank
        self.ext = "pt"
        self.n_saved = n_saved
        self.greater_or_equal = greater_or_equal
        self._kept = Retention()
        self._lost: set[str] = set()  # names of files that could not be written
        self._is_waiting = False  # for a window to close

    @property
    def to_save(self) -> dict[str, Any]:
        """The objects by name."""
        return {name: get() for name, get in self._to_save.items()}

    @to_save.setter
    def to_save(self, objects: Mapping[str, Any]) -> None:
        # An engine has its handlers: one that held the engine would keep both, with the model, for the collector.
        self._to_save = {name: _getter(obj) for name, obj in objects.items()}

    # ------------------------------------------------------------------- save

    def __call__(self, engine: Engine[Any, Any], *args: Any) -> None:
        """Saves, if this step or score is among those to keep; what an event brings is passed over."""
        if engine.holds_gradients and engine.last_event_name == Events.ITERATION_COMPLETED:
            self._save_when_closed(engine)
            return
        engine.register_events(*CheckpointEvents)
        self._wait_at_end_of(engine)
        step = self._global_step(engine)
        priority = self._priority(engine, step)
        if self._kept.has_room_for(priority, self.n_saved, or_equal=self.greater_or_equal) and self._is_sound(engine):
            engine.fire_event(self.SAVING_CHECKPOINT)
            self._save(priority, step)
            engine.fire_event(self.SAVED_CHECKPOINT)

    def _save_when_closed(self, engine: Engine[Any, Any]) -> None:
        self._is_waiting = True
        if not engine.has_event_handler(self._try_again):  # a run that is left within a window saves at its end
            events = Events.ITERATION_COMPLETED | Events.COMPLETED
            engine.add_event_handler(events, self._try_again, priority=Priority.SAVE_LATER)

    def _try_again(self, engine: Engine[Any, Any]) -> None:
        is_open = engine.holds_gradients and engine.last_event_name == Events.ITERATION_COMPLETED
        if self._is_waiting and not is_open:
            self._is_waiting = False
            Checkpoint.__call__(self, engine)

    def _save(self, priority: float, step: int | None) -> None:
        idist.current().end_step()  # else a device that records its work would redo it for each tensor read of it
        states = {name: state_of(obj, on_rank=self.save_on_rank) for name, obj in self.to_save.items()}
        name = _name_of(states)
        score = f"{priority}" if isinstance(priority, int) else f"{priority:.4f}"
        filename = self._filename(name=name, global_step=step, score=score if self.score_function else None)
        outdated = self._kept.add(KeptFile(priority, filename), self.n_saved)
        if self.include_self:
            states["checkpointer"] = self.state_dict()
        metadata: dict[str, Any] = {"basename": self._series(name), "score_name": self.score_name, "priority": priority}
        if isinstance(self.save_handler, DiskSaver):  # for the trailer of its files
            metadata["objects"] = tuple(states)
        given: tuple[Any, ...] = (states[name] if len(states) == 1 else states, filename, metadata)
        try:
            self._lost.discard(filename)
            self.save_handler(*(given if takes(self.save_handler, given) else given[:2]))
            lost_files.pop(self._kind, None)
        except SaveError as error:
            self._note_loss(error)
        if isinstance(self.save_handler, BaseSaveHandler):
            for file in outdated:
                self.save_handler.remove(file.filename)

    def _is_sound(self, engine: Engine[Any, Any]) -> bool:
        saved: list[Engine[Any, Any]] = [obj for obj in self.to_save.values() if isinstance(obj, Engine)]
        if not (sound := is_sound(engine, *saved)):
            warnings.warn("The run is not saved: its numbers have broken. What was saved before is kept.", stacklevel=3)
        return sound

    def _global_step(self, engine: Engine[Any, Any]) -> int | None:
        if self.global_step_transform is not None:
            return self.global_step_transform(engine, engine.last_event_name)
        return None if self.score_function is not None else engine.completed_iterations

    def _priority(self, engine: Engine[Any, Any], step: int | None) -> float:
        if self.score_function is None:
            return cast(int, step)
        score: Any = self.score_function(engine)
        if isinstance(score, Tensor) and score.numel() == 1:
            score = score.item()
        if not isinstance(score, Real):
            raise ValueError(f"`score_function` should return a number, got {score!r}.")
        return -math.inf if math.isnan(score) else cast(float, score)

    # ------------------------------------------------------------------ names

    def _series(self, name: str) -> str:
        return f"{self.filename_prefix}_{name}" if self.filename_prefix else name

    def _filename(self, *, name: str, global_step: int | None, score: str | float | None) -> str:
        pattern = self.filename_pattern or setup_filename_pattern(
            with_prefix=bool(self.filename_prefix),
            with_score=score is not None,
            with_score_name=score is not None and self.score_name is not None,
            with_global_step=global_step is not None,
        )
        named = {"filename_prefix": self.filename_prefix, "name": name, "score_name": self.score_name}
        safe = {key: safe_in_filename(str(part)) for key, part in named.items()}
        return pattern.format(global_step=global_step, score=score, ext=self.ext, **safe)

    # ------------------------------------------------------------- what there is

    @property
    def last_checkpoint(self) -> str | Path | None:
        """The file of highest priority: the newest, or with scores the best; None if nothing was saved."""
        return next(iter(self.kept_checkpoints), None)

    @property
    def kept_checkpoints(self) -> list[str | Path]:
        """All files from the highest priority to the lowest, with their folder if they are on a disk.

        Waits for a write that is under way.
        """
        self.wait()
        names = [file.filename for file in reversed(self._kept.files) if file.filename not in self._lost]
        return [self._folder / name if self._folder else name for name in names]

    @property
    def _folder(self) -> Path | None:
        return self.save_handler.dirname if isinstance(self.save_handler, DiskSaver) else None

    def wait(self) -> None:
        """Returns when all that was saved is on the disk; what could not be written is a warning."""
        if isinstance(self.save_handler, DiskSaver):
            try:
                self.save_handler.wait()
            except SaveError as error:
                self._note_loss(error)

    @property
    def _kind(self) -> str:
        return f"checkpoint '{self._series(_name_of(self._to_save))}'"

    def _note_loss(self, error: SaveError) -> None:
        self._lost.add(error.path.name)
        tell_lost(self._kind, error.reason)

    def _wait_at_end_of(self, engine: Engine[Any, Any]) -> None:
        saved = any(engine is obj for obj in self.to_save.values())  # others, as evaluators, end again and again
        if saved and not engine.has_event_handler(self.wait):
            ends = Events.COMPLETED | Events.INTERRUPT | Events.EXCEPTION_RAISED
            engine.add_event_handler(ends, self.wait, priority=Priority.AGREE)

    def reset(self) -> None:
        """Forgets what was saved, for an engine that runs several times on its own; the files stay."""
        self._kept.files = []

    def state_dict(self) -> dict[str, Any]:
        """What was saved."""
        return {"_saved": [tuple(file) for file in self._kept.files]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on where the state was taken: files that were saved since are removed when the next one is safe."""
        self._kept.files = [KeptFile(priority, filename) for priority, filename in state_dict["_saved"]]
        if isinstance(self.save_handler, DiskSaver):
            series = self._series(_name_of(self.to_save))
            self.save_handler.adopt(series, [file.filename for file in self._kept.files])

    # ------------------------------------------------------------------- load

    @staticmethod
    def load_objects(to_load: Mapping[str, Any], checkpoint: str | Path | Mapping[str, Any], **kwargs: Any) -> None:
        """Gives objects their states back.

        Args:
            to_load: objects by name.
            checkpoint: a file, or what it holds; for a single object also its state alone.
            **kwargs: for `load_state_dict` of models, such as `strict=False`.

        Raises:
            FileNotFoundError: there is no such file.
            CheckpointError: it is damaged, unsafe, or of other objects.
        """
        if not isinstance(checkpoint, (str, Path, Mapping)):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`checkpoint` should be a path or a mapping, got a {type(checkpoint).__name__}.")
        states: Any = checkpoint if isinstance(checkpoint, Mapping) else read_checkpoint(checkpoint)
        if len(to_load) == 1 and next(iter(to_load)) not in states:
            ((name, only),) = to_load.items()
            load_state(name, only, states, **kwargs)
        else:
            load_state("checkpoint", dict(to_load), states, **kwargs)

    def reload_objects(
        self, to_load: Mapping[str, Any], load_kwargs: dict[str, Any] | None = None, **filename_components: Any
    ) -> None:
        """Loads objects from the file that this handler would have named so.

        Args:
            to_load: objects by name.
            load_kwargs: for `load_state_dict` of models.
            **filename_components: `name`, `global_step`, `score`.
        """
        if self._folder is None:
            raise AttributeError("Only what is saved in a folder can be reloaded; this handler saves elsewhere.")
        filename = self._filename(
            name=filename_components.get("name", _name_of(self.to_save)),
            global_step=filename_components.get("global_step"),
            score=filename_components.get("score"),
        )
        self.load_objects(to_load, self._folder / filename, **(load_kwargs or {}))

    @staticmethod
    def get_default_score_fn(metric_name: str, score_sign: float = 1.0) -> Callable[[Engine[Any, Any]], float]:
        """A score function: the metric of this name, or its negative where less is better.

        Raises:
            ValueError: the sign is neither 1 nor -1.
        """
        if score_sign not in (1.0, -1.0):
            raise ValueError(f"`score_sign` should be 1.0 or -1.0, got {score_sign}.")

        def score(engine: Engine[Any, Any]) -> float:
            metrics = engine.state.metrics
            if metric_name not in metrics:
                there = ", ".join(map(repr, metrics)) or "none"
                raise KeyError(f"There is no metric {metric_name!r} to be the score; this engine has {there}.")
            return score_sign * metrics[metric_name]

        return score


def _getter(obj: Any) -> Callable[[], Any]:
    return weakref.ref(cast("object", obj)) if isinstance(obj, Engine) else lambda: obj


def _name_of(states: Mapping[str, Any]) -> str:
    return next(iter(states)) if len(states) == 1 else "checkpoint"
