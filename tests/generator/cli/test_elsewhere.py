"""Templates of cookiecutter's, as a person is asked about them on a terminal."""

import json

import pytest

TEMPLATE = {
    "project_name": "Night Shift",
    "slug": "{{ cookiecutter.project_name | lower | replace(' ', '_') }}",
    "license": ["MIT", "BSD"],
    "docker": False,
    "tools": {"lint": "{{ cookiecutter.slug }}"},
    "_private": "{{ no }}",
    "__prompts__": {
        "project_name": "What is it called?",
        "license": {"__prompt__": "Under which licence?", "MIT": "short", "BSD": "also short"},
    },
}


@pytest.fixture
def asked(terminal, folder):
    """Opens a terminal of a user who has agreed to nothing yet."""
    return lambda *words: terminal("new", *words, XDG_CONFIG_HOME=str(folder / "config"))


@pytest.fixture
def template(folder):
    """A template with a question of each kind."""
    (folder / "theirs/{{cookiecutter.slug}}").mkdir(parents=True)
    (folder / "theirs/cookiecutter.json").write_text(json.dumps(TEMPLATE))
    text = "{{ cookiecutter.license }} {{ cookiecutter.docker }} {{ cookiecutter.tools.lint }}\n"
    (folder / "theirs/{{cookiecutter.slug}}/note.txt").write_text(text)
    return folder / "theirs"


def test_its_questions_are_asked_as_ours(asked, template, folder):
    """Trust first, then its own words, choices and defaults that follow; the summary lets them be changed."""
    window = asked("-t", "./theirs", "--no-git")
    window.see("? Trust  './theirs' runs code on this machine").press("y")
    window.see("? Project name  What is it called?").press("ctrl-u", "Day Shift", "enter")
    window.see("? Slug  What the template calls `slug`.").see("> day_shift").press("enter")
    window.see("? License  Under which licence?").see("MIT  short").press("down", "enter")
    window.see("? Docker").press("y")
    window.see("? Tools").see('> {"lint": "day_shift"}').press("ctrl-u", "ruff", "enter")
    window.see("Error: 'tools' should be a JSON object, got 'ruff'.").press("ctrl-u", '{"lint": "ruff"}', "enter")
    window.see("? Write this project?").see("Directory     day_shift").see("License       BSD")
    window.press("down", "down", "down", "enter").see("? Slug  What").press("ctrl-u", "evening", "enter")
    window.see("Directory     evening").press("enter")
    assert window.end() == 0
    assert (folder / "evening/note.txt").read_text() == "BSD True ruff\n"


def test_who_does_not_trust_it_runs_nothing(asked, template, folder):
    """Enter is no."""
    window = asked("-t", "./theirs")
    window.see("? Trust").see("(y/N)").press("enter")
    assert window.end() == 2
    assert "may not run its code, so it cannot be rendered." in window.text().replace("\n       ", " ")
    assert not (folder / "night_shift").exists()


def test_a_folder_that_is_taken_is_asked_for(asked, template, folder):
    """Where the template's own folder is taken, another one is asked for, and no answer is lost."""
    (folder / "night_shift").mkdir()
    (folder / "night_shift/mine.txt").touch()
    words = [
        f"--set={name}={value}" for name, value in (("license", "MIT"), ("docker", "no"), ("tools", '{"lint": ""}'))
    ]
    window = asked("-t", "./theirs", "--trust", "--no-git", "--set=slug=night_shift", *words)
    window.see("? Project name").press("enter")
    window.see("Error: The directory 'night_shift' is not empty").see("? Directory  Where")
    window.press("ctrl-u", "elsewhere", "enter").see("? Write this project?").press("enter")
    assert window.end() == 0
    assert (folder / "elsewhere/note.txt").exists()


def test_a_layer_is_chosen_among_several(asked, folder):
    """A place of several templates offers them; the printed command names the one that was chosen."""
    window = asked("trial", "-t", "./templates", "--no-git", "--dry-run")
    window.see("? Template").see("greeting").see("poem").press("down", "enter")
    window.see("? ").press("enter", "enter", "enter").see("? Show this project?").press("enter")
    assert window.end() == 0
    assert f"--template {folder}/templates//poem" in window.text().replace("\n", "")
