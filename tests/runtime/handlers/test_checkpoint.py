"""Names, rotation and loading of checkpoints, as programs written for Ignite expect them, and safer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import pytest
import torch
from torch import nn

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.checkpoint import Checkpoint, CheckpointEvents
from scaffold_runtime.handlers.disk_saver import BaseSaveHandler, DiskSaver
from scaffold_runtime.handlers.logged_values import global_step_from_engine
from scaffold_runtime.handlers.saving.checkpoint_error import MismatchError
from scaffold_runtime.handlers.saving.checkpoint_file import newest_checkpoint, read_checkpoint, trailer_of


class Memory(BaseSaveHandler):
    """Keeps checkpoints, and what was done in which order."""

    def __init__(self) -> None:
        self.files: dict[str, Any] = {}
        self.log: list[tuple[str, str]] = []

    def __call__(self, checkpoint: Mapping[str, Any], filename: str, metadata: Mapping[str, Any] | None = None) -> None:
        """Keeps it."""
        self.files[filename] = checkpoint
        self.log.append(("save", filename))

    def remove(self, filename: str) -> None:
        """Forgets it."""
        del self.files[filename]
        self.log.append(("remove", filename))


def scored_engine(*scores: float) -> Engine[Any, Any]:
    """An engine of one epoch per score, which has the score among its metrics."""
    engine: Engine[Any, Any] = Engine(lambda engine, batch: None)

    @engine.on(Events.EPOCH_STARTED)
    def score() -> None:
        engine.state.metrics["accuracy"] = scores[engine.state.epoch - 1]

    return engine


def run_with(checkpoint: Callable[..., Any], engine: Engine[Any, Any], epochs: int = 3) -> None:
    """Runs ten iterations an epoch, with the checkpoint at the end of each."""
    engine.add_event_handler(Events.EPOCH_COMPLETED, checkpoint)
    engine.run([0] * 10, max_epochs=epochs)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["model_30.pt"]),
        ({"n_saved": 2}, ["model_20.pt", "model_30.pt"]),
        ({"n_saved": None}, ["model_10.pt", "model_20.pt", "model_30.pt"]),
        ({"filename_prefix": "best"}, ["best_model_30.pt"]),
        ({"score_name": "accuracy"}, ["model_accuracy=0.9000.pt"]),
        ({"score_function": lambda engine: engine.state.epoch % 2}, ["model_1.pt"]),
        ({"global_step_transform": lambda engine, event: engine.state.epoch}, ["model_3.pt"]),
        (
            {"score_name": "accuracy", "global_step_transform": lambda engine, event: engine.state.epoch},
            ["model_2_accuracy=0.9000.pt"],
        ),
        ({"filename_pattern": "{global_step}-{name}.{ext}"}, ["30-model.pt"]),
        ({"filename_pattern": "same.pt", "n_saved": 2}, ["same.pt"]),
    ],
)
def test_files_are_named_and_kept_as_the_options_say(
    options: dict[str, Any], expected: list[str], tmp_path: Path
) -> None:
    """Each option gives the files that Ignite's documentation promises."""
    engine = scored_engine(0.5, 0.9, 0.7)
    run_with(Checkpoint({"model": nn.Linear(1, 1)}, tmp_path, **options), engine)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == expected


def test_the_new_file_is_saved_before_the_old_one_goes() -> None:
    """At no time is there less than what was there before."""
    memory = Memory()
    run_with(Checkpoint({"model": nn.Linear(1, 1)}, memory), scored_engine(1, 2, 3), epochs=2)
    assert memory.log == [("save", "model_10.pt"), ("save", "model_20.pt"), ("remove", "model_10.pt")]


def test_the_best_scores_are_kept() -> None:
    """Of five scores the two highest stay; a lower one is not even written."""
    memory = Memory()
    checkpoint = Checkpoint({"model": nn.Linear(1, 1)}, memory, score_name="accuracy", n_saved=2)
    run_with(checkpoint, scored_engine(0.1, 0.5, 0.3, 0.2, 0.4), epochs=5)
    assert sorted(memory.files) == ["model_accuracy=0.4000.pt", "model_accuracy=0.5000.pt"]
    assert ("save", "model_accuracy=0.2000.pt") not in memory.log
    assert checkpoint.last_checkpoint == "model_accuracy=0.5000.pt"


def test_how_many_are_kept_can_be_changed() -> None:
    """What `n_saved` and `greater_or_equal` say now decides at the next save."""
    memory = Memory()
    engine = scored_engine(0.5, 0.6, 0.7, 0.7)
    checkpoint = Checkpoint(
        {"model": nn.Linear(1, 1)}, memory, score_name="accuracy", global_step_transform=global_step_from_engine(engine)
    )
    assert (checkpoint.n_saved, checkpoint.greater_or_equal) == (1, False)
    run_with(checkpoint, engine, epochs=1)
    checkpoint.n_saved, checkpoint.greater_or_equal = 2, True
    engine.run([0] * 10, max_epochs=4)
    assert list(memory.files) == ["model_3_accuracy=0.7000.pt", "model_4_accuracy=0.7000.pt"]


@pytest.mark.parametrize(
    ("greater_or_equal", "kept"), [(False, "model_1_accuracy=0.5000.pt"), (True, "model_3_accuracy=0.5000.pt")]
)
def test_of_equal_scores_the_first_or_the_last_is_kept(greater_or_equal: bool, kept: str) -> None:
    """`greater_or_equal` decides between equal scores."""
    memory = Memory()
    engine = scored_engine(0.5, 0.5, 0.5)
    step = global_step_from_engine(engine)
    options = {"score_name": "accuracy", "greater_or_equal": greater_or_equal, "global_step_transform": step}
    run_with(Checkpoint({"model": nn.Linear(1, 1)}, memory, **options), engine)
    assert list(memory.files) == [kept]


def test_a_score_that_is_no_number_never_wins() -> None:
    """NaN is worse than any score: it neither pushes a checkpoint out nor stays when a real score comes."""
    memory = Memory()
    checkpoint = Checkpoint({"model": nn.Linear(1, 1)}, memory, score_name="accuracy")
    run_with(checkpoint, scored_engine(math.nan, 0.1, math.nan), epochs=3)
    assert list(memory.files) == ["model_accuracy=0.1000.pt"]


def test_the_step_of_another_engine_names_the_file() -> None:
    """A handler on the evaluator writes the trainer's epoch into the name."""
    trainer = scored_engine(1, 2, 3)
    evaluator: Engine[Any, Any] = Engine(lambda engine, batch: None)
    memory = Memory()
    checkpoint = Checkpoint({"model": nn.Linear(1, 1)}, memory, global_step_transform=global_step_from_engine(trainer))
    evaluator.add_event_handler(Events.COMPLETED, checkpoint)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run([0]))
    trainer.run([0] * 4, max_epochs=3)
    assert list(memory.files) == ["model_3.pt"]


@pytest.mark.parametrize("event", [Events.EXCEPTION_RAISED, Events.ITERATION_STARTED(once=4)])
def test_a_file_saved_within_a_step_has_the_number_of_the_one_before(event: Any) -> None:
    """Ctrl-C in the fourth step: three are done, the run goes on after the third, and so says the file's name."""

    def step(engine: Engine[Any, Any], batch: int) -> None:
        if engine.state.iteration == 4:
            raise KeyboardInterrupt

    engine, memory = Engine[Any, Any](step), Memory()
    checkpoint = Checkpoint({"trainer": engine}, memory)
    engine.add_event_handler(event, lambda: checkpoint(engine))
    with pytest.raises(KeyboardInterrupt):
        engine.run([0] * 10)
    assert list(memory.files) == ["trainer_3.pt"]
    assert memory.files["trainer_3.pt"]["iteration"] == 3


def test_it_listens_to_an_event_that_brings_something() -> None:
    """Attached to `EXCEPTION_RAISED`, which brings the error, it saves, and the error is the one that is seen."""

    def step(engine: Engine[Any, Any], batch: int) -> None:
        if engine.state.iteration == 4:
            raise ArithmeticError

    engine, memory = Engine[Any, Any](step), Memory()
    engine.add_event_handler(Events.EXCEPTION_RAISED, Checkpoint({"trainer": engine}, memory))
    with pytest.raises(ArithmeticError):
        engine.run([0] * 10)
    assert list(memory.files) == ["trainer_3.pt"]


@pytest.mark.parametrize("score_name", ["val/acc", "a\\b", "acc: top<5>?"])
def test_a_metric_of_any_name_has_its_files(score_name: str, tmp_path: Path) -> None:
    """What cannot stand in the name of a file is replaced there; scores, rotation and reloading go on."""
    engine = scored_engine(0.5, 0.7, 0.6)
    engine.add_event_handler(
        Events.EPOCH_STARTED, lambda: engine.state.metrics.update({score_name: engine.state.metrics["accuracy"]})
    )
    model = nn.Linear(1, 1)
    checkpoint = Checkpoint({"model": model}, tmp_path, filename_prefix="best/of", score_name=score_name)
    run_with(checkpoint, engine)
    (file,) = tmp_path.iterdir()
    assert file == checkpoint.last_checkpoint
    assert file.name.startswith("best_of_model_")
    assert file.name.endswith("=0.7000.pt")
    assert not set(file.name) & set('/\\:*?"<>|')
    checkpoint.reload_objects({"model": model}, score="0.7000")


def test_a_score_without_its_metric_is_told() -> None:
    """The error names the metrics that there are."""
    engine = scored_engine(0.5)
    engine.add_event_handler(Events.EPOCH_COMPLETED, Checkpoint({"engine": engine}, Memory(), score_name="acc"))
    with pytest.raises(KeyError) as raised:
        engine.run([0])
    assert raised.value.args == ("There is no metric 'acc' to be the score; this engine has 'accuracy'.",)


def test_no_files_to_keep_are_refused() -> None:
    """At least one file is kept, or the handler would have nothing to do."""
    wrong: Any = 3
    with pytest.raises(TypeError, match=r"^`global_step_transform` should be a function, got 3\.$"):
        Checkpoint({}, Memory(), global_step_transform=wrong)
    with pytest.raises(ValueError, match=r"^`n_saved` should be at least 1, or None to keep all files; got 0\.$"):
        Checkpoint({}, Memory(), n_saved=0)


def test_functions_save_too() -> None:
    """A function of two arguments is a save handler; of three, it gets the metadata as well."""
    two: list[Any] = []
    three: list[Any] = []

    def save_two(checkpoint: Any, filename: str) -> None:
        two.append((sorted(checkpoint), filename))

    def save_three(checkpoint: Any, filename: str, metadata: Any) -> None:
        three.append(metadata)

    for function in (save_two, save_three):
        checkpoint = Checkpoint({"model": nn.Linear(1, 1)}, function, "best", score_name="accuracy")
        run_with(checkpoint, scored_engine(0.25), epochs=1)
    assert two == [(["bias", "weight"], "best_model_accuracy=0.2500.pt")]
    assert three == [{"basename": "best_model", "score_name": "accuracy", "priority": 0.25}]


def test_an_error_inside_a_save_function_is_raised_once() -> None:
    """A `TypeError` of the user's function is the user's to see, and the function is called once."""
    calls: list[str] = []

    def broken(checkpoint: Any, filename: str, metadata: Any) -> None:
        calls.append(filename)
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        run_with(Checkpoint({"model": nn.Linear(1, 1)}, broken), scored_engine(1), epochs=1)
    assert calls == ["model_10.pt"]


def test_saved_checkpoint_is_fired_when_something_was_saved() -> None:
    """The event comes with each file and with nothing else."""
    engine = scored_engine(0.5, 0.1, 0.9)
    fired: list[int] = []
    engine.register_events(*CheckpointEvents)
    engine.add_event_handler(Checkpoint.SAVED_CHECKPOINT, lambda: fired.append(engine.state.epoch))
    run_with(Checkpoint({"model": nn.Linear(1, 1)}, Memory(), score_name="accuracy"), engine)
    assert fired == [1, 3]


def test_everything_comes_back(tmp_path: Path) -> None:
    """Model, optimizer and engine loaded from a file are as they were saved."""
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    checkpoint = Checkpoint({"model": model, "optimizer": optimizer, "trainer": trainer}, tmp_path)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, checkpoint)
    trainer.run([0] * 5, max_epochs=2)
    other = nn.Linear(3, 2)
    other_optimizer = torch.optim.Adam(other.parameters())
    other_trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    assert checkpoint.last_checkpoint == tmp_path / "checkpoint_10.pt"
    Checkpoint.load_objects(
        {"model": other, "optimizer": other_optimizer, "trainer": other_trainer}, checkpoint.last_checkpoint
    )
    assert torch.equal(other.weight, model.weight)
    assert torch.equal(other_optimizer.state[other.weight]["exp_avg"], optimizer.state[model.weight]["exp_avg"])
    assert (other_trainer.state.epoch, other_trainer.state.iteration) == (2, 10)


def test_one_object_is_saved_without_its_name(tmp_path: Path) -> None:
    """The file of a single model is its state alone, so that plain torch can load it."""
    model = nn.Linear(3, 2)
    checkpoint = Checkpoint({"model": model}, tmp_path)
    run_with(checkpoint, scored_engine(1), epochs=1)
    nn.Linear(3, 2).load_state_dict(torch.load(tmp_path / "model_10.pt"))
    other = nn.Linear(3, 2)
    checkpoint.reload_objects({"model": other}, global_step=10)
    assert torch.equal(other.weight, model.weight)


def test_mappings_and_lists_of_objects_are_saved(tmp_path: Path) -> None:
    """Objects may stand in mappings and lists, and come back to their places."""
    nets = {"nets": {"a": nn.Linear(1, 1), "b": [nn.Linear(2, 2)]}, "other": nn.Linear(3, 3)}
    run_with(Checkpoint(nets, tmp_path), scored_engine(1), epochs=1)
    others: Any = {"nets": {"a": nn.Linear(1, 1), "b": [nn.Linear(2, 2)]}, "other": nn.Linear(3, 3)}
    Checkpoint.load_objects(others, tmp_path / "checkpoint_10.pt")
    loaded: Any = nets
    assert torch.equal(others["nets"]["b"][0].weight, loaded["nets"]["b"][0].weight)


def test_a_checkpoint_of_another_model_says_where_they_differ(tmp_path: Path) -> None:
    """Keys that differ and shapes that differ are named; nothing is loaded."""
    torch.save({"0.weight": torch.zeros(2, 3), "1.weight": torch.zeros(1)}, tmp_path / "a.pt")
    model = nn.Sequential(nn.Linear(3, 4))
    before = model[0].weight.clone()
    with pytest.raises(MismatchError) as caught:
        Checkpoint.load_objects({"model": model}, tmp_path / "a.pt")
    assert str(caught.value) == (
        "The checkpoint is not of this 'model': the checkpoint lacks `0.bias`; it has `1.weight` besides; shapes "
        "differ in `0.weight` ((2, 3) saved, (4, 3) here). Build it with the settings it was trained with."
    )
    assert torch.equal(model[0].weight, before)


def test_an_optimizer_with_other_groups_says_where_they_differ(tmp_path: Path) -> None:
    """A group was added, or has another number of parameters: the error says how many there are, on both sides."""
    first, second = nn.Linear(1, 1), nn.Linear(1, 1, bias=False)
    saved, other = (torch.optim.SGD(first.parameters(), lr=0.1) for _ in range(2))
    saved.add_param_group({"params": second.parameters()})
    run_with(Checkpoint({"optimizer": saved}, tmp_path), Engine[Any, Any](lambda engine, batch: None), epochs=1)
    with pytest.raises(MismatchError) as raised:
        Checkpoint.load_objects({"optimizer": other}, tmp_path / "optimizer_10.pt")
    assert str(raised.value) == (
        "The checkpoint is not of this 'optimizer': "
        "shapes differ in `param_groups` (parameters [2, 1] saved, [2] here). "
        "Build it with the settings it was trained with."
    )


def test_an_object_that_was_not_saved_is_named(tmp_path: Path) -> None:
    """Asking a file for an object that it does not hold says which."""
    torch.save({"model": {}}, tmp_path / "a.pt")
    wanted = {"model": nn.Identity(), "ema": nn.Identity()}
    with pytest.raises(MismatchError, match="not of this 'checkpoint': the checkpoint lacks `ema`"):
        Checkpoint.load_objects(wanted, tmp_path / "a.pt")


def test_part_of_a_model_is_loaded_when_asked_for(tmp_path: Path) -> None:
    """`strict=False` loads what fits, and the error says so where it is true: not for an object that is missing."""
    torch.save({"weight": torch.ones(1, 1)}, tmp_path / "a.pt")
    model = nn.Linear(1, 1)
    advice = "Build it with the settings it was trained with"
    with pytest.raises(MismatchError, match=f"lacks `bias`. {advice}, or load what fits with `strict=False`.$"):
        Checkpoint.load_objects({"model": model}, tmp_path / "a.pt")
    with pytest.raises(MismatchError, match=f"lacks `ema`. {advice}.$"):
        Checkpoint.load_objects({"weight": model, "ema": model}, tmp_path / "a.pt")
    Checkpoint.load_objects({"model": model}, tmp_path / "a.pt", strict=False)
    assert model.weight.item() == 1


def test_a_compiled_or_wrapped_model_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    """The file of a wrapped model has its author's names, and loads into wrapped and plain models alike."""
    plain = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
    inner = cast(nn.Module, torch.compile(nn.Linear(1, 1), backend="eager"))
    wrapped = nn.DataParallel(cast(nn.Module, torch.compile(nn.Sequential(inner, nn.BatchNorm1d(1)), backend="eager")))
    run_with(Checkpoint({"model": wrapped}, tmp_path), scored_engine(1), epochs=1)
    assert list(read_checkpoint(tmp_path / "model_10.pt")) == list(plain.state_dict())
    Checkpoint.load_objects({"model": plain}, tmp_path / "model_10.pt")
    Checkpoint.load_objects({"model": wrapped}, plain.state_dict())
    plain.load_state_dict(torch.load(tmp_path / "model_10.pt"))


def test_a_failed_save_is_a_warning_and_training_goes_on(tmp_path: Path) -> None:
    """A folder that goes away costs its checkpoints, not the training; when it is back the next save is whole."""
    folder = tmp_path / "checkpoints"
    checkpoint = Checkpoint({"model": nn.Linear(1, 1)}, DiskSaver(folder))
    engine = scored_engine(1, 2, 3, 4)

    @engine.on(Events.EPOCH_COMPLETED)
    def disturb() -> None:
        if engine.state.epoch == 2:
            folder.rename(tmp_path / "elsewhere")
        if engine.state.epoch == 4:
            (tmp_path / "elsewhere").rename(folder)

    engine.add_event_handler(Events.EPOCH_COMPLETED, checkpoint)
    with pytest.warns(UserWarning, match="could not be written: No such file or directory") as caught:
        engine.run([0] * 10, max_epochs=4)
    assert len(caught) == 1  # of two: once is enough
    assert checkpoint.last_checkpoint == folder / "model_40.pt"
    assert sorted(path.name for path in folder.glob("*.pt")) == ["model_40.pt"]


def test_a_lost_file_is_not_the_last_checkpoint(tmp_path: Path) -> None:
    """After a failed save the last checkpoint is the one before it."""
    checkpoint = Checkpoint({"model": nn.Linear(1, 1)}, DiskSaver(tmp_path / "a"), n_saved=2)
    engine = scored_engine(1, 2)
    engine.add_event_handler(Events.EPOCH_COMPLETED, checkpoint)
    engine.add_event_handler(
        Events.EPOCH_COMPLETED(once=1), lambda: (tmp_path / "a").rename(tmp_path / "b"), priority=-1
    )
    with pytest.warns(UserWarning, match="could not be written"):
        engine.run([0] * 10, max_epochs=2)
    assert checkpoint.last_checkpoint == tmp_path / "a" / "model_10.pt"


def test_what_is_saved_may_be_immutable(tmp_path: Path) -> None:
    """The mapping of objects is only read, with `include_self` too; this object's own state is in the file."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    given = MappingProxyType({"trainer": trainer})
    trainer.add_event_handler(Events.COMPLETED, Checkpoint(given, tmp_path, include_self=True))
    trainer.run([0] * 10)
    assert list(given) == ["trainer"]
    assert set(torch.load(tmp_path / "trainer_10.pt", weights_only=True)) == {"trainer", "checkpointer"}


def test_a_resumed_run_goes_on_rotating(tmp_path: Path) -> None:
    """Files of the run before are rotated away by the run that resumed, those after its position included."""

    def start() -> tuple[Engine[Any, Any], Checkpoint]:
        trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
        saver = DiskSaver(tmp_path, require_empty=False)
        checkpoint = Checkpoint({"trainer": trainer}, saver, n_saved=2, include_self=True)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, checkpoint)
        return trainer, checkpoint

    trainer, _ = start()
    trainer.run([0] * 10, max_epochs=4)
    again, checkpoint = start()
    Checkpoint.load_objects({"trainer": again, "checkpointer": checkpoint}, tmp_path / "trainer_30.pt")
    assert again.state.epoch == 3
    again.run([0] * 10, max_epochs=4)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == ["trainer_30.pt", "trainer_40.pt"]


def test_a_file_whose_removal_a_kill_prevented_goes_with_the_next_save(tmp_path: Path) -> None:
    """The run goes on from its newest state; the one before it, which should have gone, goes with the next save."""

    def start() -> tuple[Engine[Any, Any], Checkpoint]:
        trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
        saver = DiskSaver(tmp_path, require_empty=False)
        checkpoint = Checkpoint({"trainer": trainer}, saver, "last", include_self=True)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, checkpoint)
        return trainer, checkpoint

    trainer, _ = start()
    trainer.add_event_handler(
        Events.EPOCH_COMPLETED(once=1),
        lambda: (tmp_path / "kept.pt").write_bytes((tmp_path / "last_trainer_10.pt").read_bytes()),
        priority=-1,
    )
    trainer.run([0] * 10, max_epochs=2)
    (tmp_path / "kept.pt").rename(tmp_path / "last_trainer_10.pt")  # as if the kill had come at its removal
    again, checkpoint = start()
    Checkpoint.load_objects({"trainer": again, "checkpointer": checkpoint}, tmp_path / "last_trainer_20.pt")
    again.run([0] * 10, max_epochs=3)
    assert [path.name for path in tmp_path.glob("*.pt")] == ["last_trainer_30.pt"]


def test_forgetting_leaves_the_files(tmp_path: Path) -> None:
    """After `reset` the next run rotates its own files only."""
    checkpoint = Checkpoint({"model": nn.Linear(1, 1)}, tmp_path)
    for length in (10, 7):
        engine = scored_engine(1)
        engine.add_event_handler(Events.EPOCH_COMPLETED, checkpoint)
        engine.run([0] * length, max_epochs=1)
        checkpoint.reset()
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == ["model_10.pt", "model_7.pt"]
    assert checkpoint.last_checkpoint is None


def test_two_handlers_share_a_folder(tmp_path: Path) -> None:
    """Each rotates its own series, and the newest that holds the trainer is found among the files of both."""
    engine = scored_engine(0.5, 0.9, 0.7)
    saver = DiskSaver(tmp_path)
    best = Checkpoint({"model": nn.Linear(1, 1)}, saver, "best", score_name="accuracy", n_saved=2)
    every = Checkpoint({"model": nn.Linear(1, 1), "trainer": engine}, saver)
    engine.add_event_handler(Events.EPOCH_COMPLETED, best)
    run_with(every, engine)
    bests = ["best_model_accuracy=0.7000.pt", "best_model_accuracy=0.9000.pt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*bests, "checkpoint_30.pt"]
    told = trailer_of(tmp_path / bests[0]) or {}
    assert (told["series"], told["priority"], told["score_name"]) == ("best_model", 0.7, "accuracy")
    assert newest_checkpoint(tmp_path, holding=["trainer"]) == tmp_path / "checkpoint_30.pt"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([], "x"), TypeError, "`to_save` should be objects by name, got a list."),
        (({"a": 1}, "x"), TypeError, "Objects to save have `state_dict` and `load_state_dict`; got a int."),
        (({}, 3), TypeError, "`save_handler` should be a folder or callable, got a int."),
    ],
)
def test_wrong_arguments_are_refused(arguments: Any, error: type[Exception], message: str, tmp_path: Path) -> None:
    """Each wrong argument is told in a sentence."""
    to_save, handler = arguments
    with pytest.raises(error) as caught:
        Checkpoint(to_save, tmp_path if handler == "x" else handler)
    assert str(caught.value) == message


def test_a_score_has_to_be_a_number() -> None:
    """A score function that returns something else is named with what it returned."""
    checkpoint = Checkpoint({"model": nn.Linear(1, 1)}, Memory(), score_function=cast(Any, lambda engine: "high"))
    with pytest.raises(ValueError, match=r"`score_function` should return a number, got 'high'\."):
        run_with(checkpoint, scored_engine(1), epochs=1)


@pytest.mark.parametrize("wrong", [{"with_global_step": False, "with_score": False}, {"with_score": False}])
def test_a_pattern_without_distinct_names_is_refused(wrong: dict[str, bool]) -> None:
    """A file name needs the step or the score, and a score's name needs the score."""
    with pytest.raises(ValueError, match="file name"):
        Checkpoint.setup_filename_pattern(**wrong)


def test_the_sign_of_a_default_score() -> None:
    """A negative sign turns a loss into a score; other numbers are refused."""
    engine = scored_engine(0.25)
    engine.run([0])
    assert Checkpoint.get_default_score_fn("accuracy", -1.0)(engine) == -0.25
    with pytest.raises(ValueError, match=r"`score_sign` should be 1.0 or -1.0, got 2\.0\."):
        Checkpoint.get_default_score_fn("accuracy", 2.0)
