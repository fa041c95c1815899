"""A `Checkpoint` in a folder that is told what to save where it is attached."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..engine.engine import Engine
from .checkpoint import Checkpoint
from .disk_saver import DiskSaver
from .saving.state_dicts import check_savable


class ModelCheckpoint(Checkpoint):
    """Saves the objects that it is attached with, in a folder.

    Runs on:   any event of any engine; attach it on every rank, with the objects as its argument.
    Changes:   files; fires `SAVING_CHECKPOINT` and `SAVED_CHECKPOINT`. Never touches the objects.
    Saves:     itself, with `include_self`.
    Processes: all take the states, `save_on_rank` writes.

    Args:
        dirname: the folder.
        filename_prefix: what file names begin with.
        score_function: of the engine; higher is better.
        score_name: what the score is called in file names; alone, the metric of that name is the score.
        n_saved: files to keep; None keeps all.
        atomic: see `DiskSaver`.
        require_empty: refuse a folder that has checkpoints already.
        create_dir: make the folder if it is not there.
        global_step_transform: of (engine, event name); `global_step_from_engine(trainer)` on an evaluator.
        filename_pattern: see `Checkpoint`.
        include_self: save this object's own state as "checkpointer".
        greater_or_equal: of two equal scores the later one is kept.
        save_on_rank: the process that writes.
        **kwargs: for `torch.save`.

    Example:
        >>> import tempfile, torch
        >>> from ..engine.events import Events
        >>> trainer = Engine(lambda engine, batch: None)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     checkpoint = ModelCheckpoint(folder, "my")
        ...     _ = trainer.add_event_handler(Events.EPOCH_COMPLETED, checkpoint, {"net": torch.nn.Linear(2, 2)})
        ...     _ = trainer.run(range(10), max_epochs=3)
        ...     print(checkpoint.last_checkpoint.name)
        my_net_30.pt
    """

    def __init__(
        self,
        dirname: str | Path,
        filename_prefix: str = "",
        score_function: Callable[[Engine[Any, Any]], float] | None = None,
        score_name: str | None = None,
        n_saved: int | None = 1,
        atomic: bool = True,
        require_empty: bool = True,
        create_dir: bool = True,
        global_step_transform: Callable[[Engine[Any, Any], Any], int] | None = None,
        filename_pattern: str | None = None,
        include_self: bool = False,
        greater_or_equal: bool = False,
        save_on_rank: int = 0,
        **kwargs: Any,
    ) -> None:
        saver = DiskSaver(
            dirname,
            atomic=atomic,
            create_dir=create_dir,
            require_empty=require_empty,
            save_on_rank=save_on_rank,
            **kwargs,
        )
        super().__init__(
            {},
            saver,
            filename_prefix=filename_prefix,
            score_function=score_function,
            score_name=score_name,
            n_saved=n_saved,
            global_step_transform=global_step_transform,
            filename_pattern=filename_pattern,
            include_self=include_self,
            greater_or_equal=greater_or_equal,
            save_on_rank=save_on_rank,
        )

    def __call__(self, engine: Engine[Any, Any], to_save: Mapping[str, Any] | None = None, *args: Any) -> None:
        """Saves `to_save`, the last argument, if this step or score is among those to keep.

        Raises:
            RuntimeError: there is nothing to save.
        """
        to_save = args[-1] if args else to_save  # what an event brings comes before
        if not to_save:
            raise RuntimeError("There is nothing to save: attach this handler with objects by name, {'model': model}.")
        check_savable(to_save)
        self.to_save = to_save
        super().__call__(engine)
