"""Configurations: from flags, to YAML, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from scaffold_runtime.run import config_from_arguments, to_yaml


@dataclass(frozen=True)
class Schedule:
    """A nested configuration."""

    betas: tuple[float, float] = (0.9, 0.999)
    milestones: tuple[int, ...] = (10, 20)
    decay: float | None = None


@dataclass(frozen=True)
class Config:
    """A configuration with a field of every kind."""

    schedule: Schedule = field(default_factory=Schedule)
    root: Path = Path("data")
    cache: Path | None = None
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    names: list[str] = field(default_factory=list[str])
    kind: Literal["small", "large"] = "small"
    epochs: Annotated[int, Meta(ge=1)] = 3
    rate: float = 0.1
    shuffle: bool = True
    resume: str | None = None


CHANGED = Config(
    schedule=Schedule(betas=(0.5, 0.75), milestones=(1, 2, 3), decay=1e-3),
    root=Path("elsewhere"),
    cache=Path("cache"),
    weights={"a": 1.0, "b": 2.0},
    names=["x", "y"],
    kind="large",
    epochs=7,
    rate=2.0,
    shuffle=False,
)


@pytest.mark.parametrize("config", [Config(), CHANGED], ids=["defaults", "changed"])
def test_what_is_written_is_what_is_read(config: Config, tmp_path: Path) -> None:
    """Paths, tuples, mappings, None and nested fields come back from YAML as they were, with their types."""
    file = tmp_path / "config.yaml"
    file.write_text(to_yaml(config))
    assert config_from_arguments(Config, ["--config", str(file)]) == config
    assert config_from_arguments(Config, [f"--config={file}"]) == config


def test_flags_beside_a_file_win(tmp_path: Path) -> None:
    """A flag changes its field, in whatever order they are given; all others are as they were saved."""
    file = tmp_path / "config.yaml"
    file.write_text("epochs: 5\nschedule:\n  decay: 0.5\n")
    expected = Config(epochs=6, schedule=Schedule(decay=0.5, milestones=(4,)))
    flags = ["--epochs", "6", "--config", str(file), "--schedule.milestones", "4"]
    assert config_from_arguments(Config, flags) == expected


def test_fields_that_a_file_lacks_keep_their_defaults(tmp_path: Path) -> None:
    """A file of one field is a configuration."""
    file = tmp_path / "config.yaml"
    file.write_text("epochs: 5\n")
    assert config_from_arguments(Config, ["--config", str(file)]) == Config(epochs=5)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("epoch: 5", "epoch: there is no such field"),
        ("schedule: {beta: 1}", "schedule.beta: there is no such field"),
        ("epochs: many", "epochs: 'many' does not fit: Expected `int`, got `str`"),
        ("epochs: true", "epochs: True does not fit: Expected `int`, got `bool`"),
        ("epochs: 0", "epochs: 0 does not fit: Expected `int` >= 1"),
        ("schedule: 3", "schedule: 3 does not fit: Expected `object`, got `int`"),
        ("schedule: {betas: [1.0]}", "schedule.betas: [1.0] does not fit: Expected `array` of length 2, got 1"),
        ("names: abc", "names: 'abc' does not fit: Expected `array`, got `str`"),
        ("kind: huge", "kind: 'huge' does not fit: Invalid enum value 'huge'"),
        ("- 1", "it: [1] does not fit: Expected `object`, got `array`"),
        ("a: [", "while parsing"),
    ],
)
def test_a_file_that_does_not_fit_is_explained(text: str, fault: str, tmp_path: Path) -> None:
    """The program ends with the file, the fault, and a hint."""
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(SystemExit) as left:
        config_from_arguments(Config, ["--config", str(file)])
    message = str(left.value)
    assert message.startswith(f"Error: '{file}' is no configuration of this project: ")
    assert fault in message
    assert message.endswith("Hint:  Runs save theirs as outputs/RUN/config.yaml.")


@pytest.mark.parametrize("flags", [["--config"], ["--config", "nowhere.yaml"]])
def test_a_missing_file_is_explained(flags: list[str]) -> None:
    """Without a file the program ends with a sentence that repeats what was given."""
    name = flags[1] if len(flags) > 1 else ""
    with pytest.raises(SystemExit, match=rf"^Error: --config needs a YAML file, and got '{name}'\.\nHint: "):
        config_from_arguments(Config, flags)


def test_a_number_out_of_its_bounds_is_refused() -> None:
    """The flag, the bound and the number are named."""
    with pytest.raises(SystemExit, match=r"^Error: --epochs: 0 does not fit: Expected `int` >= 1\.$"):
        config_from_arguments(Config, ["--epochs", "0"])


def test_a_run_that_is_resumed_keeps_its_settings(tmp_path: Path) -> None:
    """`--resume FOLDER` begins with the folder's configuration, and flags change fields; auto finds its own."""
    (tmp_path / "config.yaml").write_text(to_yaml(Config(epochs=7, rate=0.5)))
    resumed = config_from_arguments(Config, ["--rate", "0.25", "--resume", str(tmp_path)])
    assert resumed == Config(epochs=7, rate=0.25, resume=str(tmp_path))
    assert config_from_arguments(Config, [f"--resume={tmp_path}"]).epochs == 7
    assert config_from_arguments(Config, ["--resume", "auto"]) == Config(resume="auto")
    assert config_from_arguments(Config, ["--resume", "nowhere"]) == Config(resume="nowhere")


@dataclass(frozen=True)
class Narrow:
    """One of two networks."""

    width: int = 8


@dataclass(frozen=True)
class Deep:
    """The other one, which has all that the first has."""

    width: int = 8
    rates: tuple[Annotated[float, Meta(ge=0)], float] = (0.0, 1.0)


class Order(Enum):
    """A choice of an owner's own."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True)
class Choice:
    """What an owner may add: one of several dataclasses, an enum, a set."""

    model: Narrow | Deep = field(default_factory=Narrow)
    other: Deep | None = None
    order: Order = Order.FORWARD
    tags: set[str] = field(default_factory=set[str])


@pytest.mark.parametrize(
    "config",
    [Choice(), Choice(model=Deep(width=3)), Choice(other=Deep(), order=Order.BACKWARD, tags={"a", "b"})],
    ids=["defaults", "the other network", "everything"],
)
def test_what_an_owner_adds_comes_back(config: Choice, tmp_path: Path) -> None:
    """One of several dataclasses, an enum and a set are read as what they were."""
    file = tmp_path / "config.yaml"
    file.write_text(to_yaml(config))
    assert config_from_arguments(Choice, ["--config", str(file)]) == config


def test_a_number_amid_others_that_is_out_of_its_bounds_is_refused() -> None:
    """The flag and all that was given for it are named."""
    with pytest.raises(SystemExit, match=r"^Error: --rates: \(-1\.0, 2\.0\) does not fit: Expected `float` >= 0\.0"):
        config_from_arguments(Deep, ["--rates", "-1", "2"])
