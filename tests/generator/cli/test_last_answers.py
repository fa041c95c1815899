"""What a person answered last is offered again, in the dialogue and nowhere else."""

import json
import os
import stat
import tomllib

import pytest

NEW = ("new", "--templates", "templates", "--no-git")
OFFERED = "What you answered last is offered again; `--fresh` leaves that out."


@pytest.fixture
def config(folder):
    """Where the command keeps what belongs to its user."""
    return folder / "config"


def choose(window):
    """Answers the questions of a poem: gloo, a logger, six lines."""
    window.see("? Template").press("down", "enter")
    window.see("? Backend").press("down", "enter")
    window.see("? Loggers").press("space", "enter")
    window.see("? Lines").press("ctrl-u", "6", "enter")
    window.see("? Write this project?").press("enter")
    assert window.end() == 0, window.text()


def enter(window, *labels):
    """Presses enter at each of these questions."""
    for label in labels:
        window.see(f"? {label}  ").press("enter").not_see(f" {label}?")
    return window


def answers_of(project):
    """The template and the answers of a project."""
    table = tomllib.loads((project / ".scaffold/project.toml").read_text())
    return table["template"], table["answers"]


def test_enter_all_the_way_makes_the_same_again(terminal, folder, config):
    """The next dialogue says so, has the last template and answers as its defaults, and enter takes them."""
    choose(terminal(*NEW, "one", XDG_CONFIG_HOME=config))
    window = terminal(*NEW, "two", XDG_CONFIG_HOME=config)
    window.see(OFFERED)
    for label in ("Template", "Backend", "Loggers", "Lines"):
        window.see(f"? {label}  ").press("enter").see(f"? {label}  ")
    window.see("? Write this project?").press("enter")
    assert window.end() == 0
    assert answers_of(folder / "two") == ("poem", {"backend": "gloo", "loggers": ["tensorboard"], "lines": 6})


def test_fresh_leaves_them_out(terminal, folder, config):
    """With `--fresh` the template's own defaults are offered, and nothing is said of others."""
    choose(terminal(*NEW, "one", XDG_CONFIG_HOME=config))
    window = terminal(*NEW, "two", "-t", "poem", "--fresh", XDG_CONFIG_HOME=config)
    window.see("? Backend").press("enter")
    window.see("? Loggers").press("enter")
    window.see("? Lines").press("enter")
    window.see("? Write this project?").press("enter")
    assert window.end() == 0
    assert OFFERED not in window.text()
    assert answers_of(folder / "two") == ("poem", {"backend": "auto", "loggers": [], "lines": 4})


def test_never_where_nobody_is_asked(terminal, scaffold, folder, config):
    """`--yes`, on a terminal too, `--json` and pipes know nothing of them, and leave them as they are."""
    choose(terminal(*NEW, "one", XDG_CONFIG_HOME=config))
    kept = (config / "torch-scaffold/last-answers.json").read_bytes()
    window = terminal(*NEW, "two", "-t", "poem", "--yes", XDG_CONFIG_HOME=config)
    assert window.end() == 0
    for name, flag in (("three", "--yes"), ("four", "--json")):
        ended = scaffold(*NEW, name, "-t", "poem", flag, XDG_CONFIG_HOME=str(config))
        assert ended.code == 0, ended.err
    for name in ("two", "three", "four"):
        assert answers_of(folder / name) == ("poem", {"backend": "auto", "loggers": [], "lines": 4})
    assert (config / "torch-scaffold/last-answers.json").read_bytes() == kept


def test_flags_win(terminal, folder, config):
    """What a flag says is not offered otherwise."""
    choose(terminal(*NEW, "one", XDG_CONFIG_HOME=config))
    window = terminal(*NEW, "two", "-t", "poem", "--set", "lines=2", "--set", "loggers=", XDG_CONFIG_HOME=config)
    window.see("? Backend").press("enter")
    window.see("? Write this project?").press("enter")
    assert window.end() == 0
    assert answers_of(folder / "two") == ("poem", {"backend": "gloo", "loggers": [], "lines": 2})


def test_what_only_the_summary_shows(terminal, folder, config):
    """A licence that was chosen in the summary stands there the next time; who git says it is, is asked git again."""
    home = folder / "home"
    home.mkdir()
    known = ("loggers=", "backend=auto", "extras=", "dataset=breast-cancer", "metrics=")
    words = ("new", "-t", "tabular", "--no-git", *(f"--set={each}" for each in known))
    (home / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
    window = terminal(*words, "one", XDG_CONFIG_HOME=config, HOME=home)
    window.see("? Write this project?")
    window.press(*["down"] * row_of(window, "License"), "enter")
    window.see("? License  What others").press("down", "enter").see("License    MIT").press("enter")
    assert window.end() == 0

    (home / ".gitconfig").write_text("[user]\nname = Eve\nemail = eve@example.org\n")
    window = terminal(*words, "two", XDG_CONFIG_HOME=config, HOME=home)
    window.see("License    MIT").press("enter")
    assert window.end() == 0
    assert (folder / "two/LICENSE").read_text().startswith("MIT License\n\nCopyright (c) 20")
    assert " Eve\n" in (folder / "two/LICENSE").read_text()


def row_of(window, label):
    """How many lines below the first choice of the summary a line is."""
    lines = [line.strip() for line in window.text().partition("Write it")[2].splitlines() if line.strip()]
    return next(number for number, line in enumerate(lines, 1) if line.startswith(label))


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"template": 3, "git": [], "answers": {"poem": {"lines": "many", "backend": ["none"], "other": null}}}',
        '{"template": "gone", "git": false, "answers": {"poem": 3}}',
    ],
)
def test_what_is_damaged_or_of_another_version(terminal, folder, config, content):
    """A file that is none, or whose answers are no answers of today, is passed over, and is whole afterwards."""
    (config / "torch-scaffold").mkdir(parents=True)
    file = config / "torch-scaffold/last-answers.json"
    file.write_text(content)
    window = terminal(*NEW, "one", "-t", "poem", XDG_CONFIG_HOME=config)
    for label in ("Backend", "Loggers", "Lines", "Write this project?"):
        window.see(f"? {label}  ").press("enter")
    assert window.end() == 0
    assert answers_of(folder / "one") == ("poem", {"backend": "auto", "loggers": [], "lines": 4})
    assert json.loads(file.read_text())["answers"]["poem"] == {"backend": "auto", "loggers": [], "lines": 4}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == ["last-answers.json"]


def test_a_place_that_keeps_nothing(terminal, folder):
    """A file where the folder would be costs the answers, not the project."""
    (folder / "file").touch()
    window = terminal(*NEW, "one", "-t", "poem", XDG_CONFIG_HOME=folder / "file")
    for label in ("Backend", "Loggers", "Lines", "Write this project?"):
        window.see(f"? {label}  ").press("enter")
    assert window.end() == 0
    assert (folder / "one/poem.txt").is_file()
