import json

import pytest

OPTIONS = ("new", "--templates", "templates")
PLAIN = ("--backend", "auto", "--set", "loggers=", "--no-git")
QUESTIONS = ["Name", "Template", "Backend", "Loggers", "Tone", "Bells", "Git", "Write this project?"]
SUMMARY = """\
? Write this project?  (choose a line to change it)
 > Write it

   Name       my-project
   Directory  my-project
   Template   greeting
   Backend    auto
   Loggers    none
   Tone       warm
   Bells      no
   Git        no"""


def asked(label):
    """How an open question begins; an answered one has the answer there."""
    return f"? {label}  {HELP[label]}"


HELP = {
    "Name": "What the project is called.",
    "Template": "What the project does.",
    "Backend": "How processes talk to each other.",
    "Loggers": "Where curves go besides history.csv.",
    "Tone": "How it says it.",
    "Volume": "How loud, from 1 to 11.",
    "Lines": "How many lines.",
    "Bells": "Ring bells too?",
    "Git": "Start a repository with a first commit?",
    "Directory": "Where the project goes.",
    "Write this project?": "(choose a line to change it)",
}


def accept(window, *labels):
    """Presses enter at each of these questions."""
    for label in labels:
        window.see(asked(label)).press("enter").not_see(asked(label))
    return window


def test_enter_all_the_way(terminal, folder):
    """Enter at every question makes the project of the defaults, named after the suggestion."""
    window = accept(terminal(*OPTIONS), *QUESTIONS[:-1])
    window.see(SUMMARY)
    window.press("enter")
    assert window.end() == 0
    assert "Wrote 'my-project' from greeting" in window.text()
    assert 'TONE = "warm"' in (folder / "my-project/src/my_project/train.py").read_text()
    assert not (folder / "my-project/.git").exists()


def test_what_stays_on_the_screen(terminal):
    """The questions leave one line each: what was asked and what was answered."""
    window = accept(terminal(*OPTIONS), *QUESTIONS)
    window.end()
    assert window.text().startswith(
        "? Name  my-project\n? Template  greeting\n? Backend  auto\n? Loggers  none\n? Tone  warm\n"
        "? Bells  no\n? Git  no\n\nWrote 'my-project' from greeting: "
    )
    assert window.text().endswith(
        "The same without questions\n  scaffold new my-project --template greeting --templates templates --yes"
    )


def test_arrows_space_and_typing(terminal, folder):
    """Arrows choose one, space chooses several, typing replaces the suggestion, and the project shows it."""
    window = terminal(*OPTIONS)
    window.see(asked("Name")).press("ctrl-u", "Night Shift", "enter")
    window.see(asked("Template")).press("enter")
    window.see(asked("Backend")).press("down", "enter")
    window.see(asked("Loggers")).press("space", "down", "space", "enter")
    window.see(asked("Tone")).press("up", "enter")
    window.see(asked("Volume")).press("backspace", "backspace", "7", "enter")
    accept(window, *QUESTIONS[-3:])
    assert window.end() == 0
    assert window.text().startswith(
        "? Name  Night Shift\n? Template  greeting\n? Backend  gloo\n? Loggers  tensorboard, mlflow\n"
        "? Tone  loud\n? Volume  7\n? Bells  no\n? Git  no\n\nWrote 'night-shift' from greeting: "
    )
    assert "VOLUME = 7\n" in (folder / "night-shift/src/night_shift/train.py").read_text()
    readme = (folder / "night-shift/README.md").read_text()
    assert readme == "# night-shift\n\nBackend gloo, loggers tensorboard, mlflow.\n"


def test_only_what_is_not_given_is_asked(terminal, folder):
    """Flags answer their questions; a directory answers the name; the others are asked."""
    words = ["trial", "-t", "greeting", "--backend", "gloo", "--set", "tone=loud", "--no-git"]
    window = accept(terminal(*OPTIONS, *words), "Loggers", "Volume", "Bells")
    window.see("? Write this project?")
    assert window.text().startswith("? Loggers  none\n? Volume  11\n? Bells  no\n? Write this project?")
    window.press("enter")
    assert window.end() == 0
    assert (folder / "trial/src/trial/train.py").exists()


def test_what_is_only_to_be_shown_is_not_called_written(terminal, folder):
    """With --dry-run the summary offers to show the project, and nothing is there afterwards."""
    window = accept(terminal(*OPTIONS, "trial", "-t", "poem", *PLAIN, "--dry-run"), "Lines")
    window.see("? Show this project?").see("> Show it").press("enter")
    assert window.end() == 0
    assert not (folder / "trial").exists()


def test_templates_that_the_flags_do_not_fit_are_not_offered(terminal):
    """Without a template, only those are offered that know every given option."""
    window = terminal(*OPTIONS, "trial", "--set", "lines=7")
    window.see(asked("Template"))
    assert "poem" in window.text()
    assert "greeting" not in window.text()


def test_a_bad_answer_is_explained_and_asked_again(terminal, folder):
    """A name or a number that cannot be is refused where it is typed, and stays there to be mended."""
    (folder / "taken").mkdir()
    (folder / "taken/file").touch()
    window = terminal(*OPTIONS, "-t", "poem", *PLAIN)
    window.see(asked("Name")).press("ctrl-u", "torch", "enter")
    window.see("Hint:  'torch-project' would do.").see("> torch").press("ctrl-u", "taken", "enter")
    window.see("Error: The directory 'taken' is not empty").see("> taken").press("ctrl-u", "trial", "enter")
    window.see(asked("Lines")).press("ctrl-u", "many", "enter")
    window.see("Error: 'lines' should be a whole number, got 'many'.").press("ctrl-u", "2", "enter")
    window.see("? Write this project?").press("enter")
    assert window.end() == 0
    assert (folder / "trial/poem.txt").read_text() == "la la la\n" * 2


def test_a_name_that_a_choice_forbids_is_asked_for_again(terminal, folder):
    """A name that hides what a later choice brings is refused when that is chosen, and only the name asked again."""
    window = terminal(*OPTIONS, "absl", "-t", "greeting", "--set", "tone=warm", "--set", "bells=no", "--no-git")
    accept(window, "Backend").see(asked("Loggers")).press("space", "enter")
    window.see("Error: A project cannot be called 'absl': it would hide the module `absl`, which").see(asked("Name"))
    window.press("ctrl-u", "trial", "enter").see("? Write this project?").press("enter")
    assert window.end() == 0
    assert "loggers tensorboard" in (folder / "absl/README.md").read_text()
    assert (folder / "absl/src/trial/train.py").exists()


def test_summary_changes_one_line(terminal, folder):
    """Choosing a line asks that question again with its answer; every other answer is kept."""
    window = terminal(*OPTIONS, "trial", "-t", "greeting", "--set", "bells=yes", "--no-git")
    window.see(asked("Backend")).press("down", "enter")
    accept(window, "Loggers", "Tone")
    window.see("? Write this project?").press(*["down"] * 5, "enter")
    window.see(asked("Loggers")).press("space", "enter")
    window.see("Loggers    tensorboard")
    assert "   Backend    gloo\n   Loggers    tensorboard\n   Tone       warm\n   Bells      yes" in window.text()
    window.press("enter")
    assert window.end() == 0
    assert (folder / "trial/README.md").read_text() == "# trial\n\nBackend gloo, loggers tensorboard.\n"


def test_summary_asks_what_a_change_opens(terminal, folder):
    """A change that opens an option has it asked; one that closes it drops it, and keeps its answer for later."""
    given = [
        "trial",
        "-t",
        "greeting",
        "--backend",
        "auto",
        "--set",
        "loggers=",
        "--set",
        "tone=warm",
        "--set",
        "bells=no",
    ]
    window = terminal(*OPTIONS, *given, "--no-git")
    to_tone = ["down"] * 6
    window.see("? Write this project?").press(*to_tone, "enter")
    window.see(asked("Tone")).press("down", "enter")
    window.see(asked("Volume")).press("ctrl-u", "3", "enter")
    window.see("Volume     3").press(*to_tone, "enter")
    window.see(asked("Tone")).press("up", "enter")
    window.see("Tone       warm").not_see("Volume     3").press(*to_tone, "enter")
    window.see(asked("Tone")).press("down", "enter")
    window.see("Volume     3").press("enter")
    assert window.end() == 0
    assert "VOLUME = 3\n" in (folder / "trial/src/trial/train.py").read_text()


def test_summary_changes_the_template(terminal, folder):
    """Another template asks its own options and keeps the answers that both have."""
    given = ["trial", "--backend", "gloo", "--set", "loggers=mlflow", "--no-git"]
    window = accept(terminal(*OPTIONS, *given), "Template", "Tone", "Bells")
    window.see("? Write this project?").press(*["down"] * 3, "enter")
    window.see(asked("Template")).press("down", "enter")
    accept(window, "Lines", "Write this project?")
    assert window.end() == 0
    assert (folder / "trial/README.md").read_text() == "# trial\n\nBackend gloo, loggers mlflow.\n"
    assert (folder / "trial/poem.txt").exists()


def test_summary_changes_a_template_that_was_given(terminal, folder):
    """A template given by a flag can be changed as well, for any that the other flags fit."""
    window = terminal(*OPTIONS, "trial", "-t", "poem", *PLAIN, "--set", "lines=1")
    window.see(asked("Write this project?")).press(*["down"] * 3, "enter")
    window.see(asked("Template"))
    assert "greeting" not in window.text()  # it has no lines
    window.press("enter").see(asked("Write this project?")).press("enter")
    assert window.end() == 0
    window = terminal(*OPTIONS, "other", "-t", "poem", *PLAIN)
    accept(window, "Lines").see(asked("Write this project?")).press(*["down"] * 3, "enter")
    window.see(asked("Template")).press("up", "enter")
    accept(window, "Tone", "Bells", "Write this project?")
    assert window.end() == 0
    assert 'TONE = "warm"' in (folder / "other/src/other/train.py").read_text()


def test_summary_changes_name_and_directory(terminal, folder):
    """The name and the place can be changed apart."""
    window = accept(terminal(*OPTIONS, "-t", "poem", *PLAIN), "Name", "Lines")
    window.see("? Write this project?").press("down", "enter")
    window.see(asked("Name")).press("ctrl-u", "ode", "enter")
    window.see("Directory  ode").press("down", "down", "enter")
    window.see(asked("Directory")).press("ctrl-u", "some where", "enter")
    window.see("Directory  some where").press("enter")
    assert window.end() == 0
    assert (folder / "some where/src/ode").is_dir()
    assert not (folder / "ode").exists()


def test_impossible_together(terminal, folder):
    """An answer that another one rules out is refused at once, and asked again."""
    window = terminal(*OPTIONS, "trial", "-t", "greeting", "--logger", "mlflow", "--backend", "auto", "--no-git")
    accept(window, "Tone")
    window.see(asked("Bells")).press("y")
    window.see("Error: ").see(asked("Bells")).press("n")
    window.see("? Write this project?").press("enter")
    assert window.end() == 0
    assert not (folder / "trial/src/trial/bells.py").exists()


@pytest.mark.parametrize("at", range(len(QUESTIONS)))
def test_leaving(terminal, folder, at):
    """Ctrl-C at any question writes nothing, says so in one line, and exits with 130."""
    before = sorted(folder.rglob("*"))
    window = accept(terminal(*OPTIONS), *QUESTIONS[:at])
    window.see(asked(QUESTIONS[at])).press("ctrl-c")
    assert window.end() == 130
    assert window.text().splitlines()[at:] == ["Interrupted; nothing was written."]
    assert sorted(folder.rglob("*")) == before


def test_end_of_input(terminal, folder):
    """Ctrl-D at an empty line leaves as Ctrl-C does."""
    window = terminal(*OPTIONS)
    window.see(asked("Name")).press("ctrl-u", "ctrl-d")
    assert window.end() == 130
    assert window.text().strip() == "Interrupted; nothing was written."


@pytest.mark.parametrize("flag", ["--yes", "--json"])
def test_never_asks(terminal, folder, flag):
    """`--yes` and `--json` ask nothing on a terminal either."""
    window = terminal(*OPTIONS, "trial", "-t", "poem", flag)
    assert window.end() == 0
    assert "?" not in window.text()
    assert (folder / "trial/poem.txt").exists()


def test_flags_are_checked_before_the_first_question(terminal):
    """A flag that cannot be is refused although other answers are still missing."""
    window = terminal(*OPTIONS, "--set", "tone=cold")
    assert window.end() == 2
    assert window.text() == "Error: 'tone' cannot be 'cold'.\nHint:  It is one of warm, loud."


@pytest.mark.parametrize("columns", [40, 24])
def test_narrow(terminal, folder, columns):
    """On a narrow terminal every question and the summary still work, and no help is cut."""
    window = terminal(*OPTIONS, "trial", columns=columns)
    window.see("? Template").press("enter").see("Backend").press("enter").see("Loggers").press("enter")
    window.see("> warm").see("noise").press("enter").see("Bells").press("enter").see("Git").press("enter")
    window.see("> Write it").press("enter")
    assert window.end() == 0
    assert (folder / "trial/src/trial/train.py").exists()


PLAIN_TERMINALS = [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"TERM": "dumb"}, {"NO_COLOR": ""}]


@pytest.mark.parametrize("changes", PLAIN_TERMINALS)
def test_plain_terminals(terminal, folder, changes):
    """Without UTF-8, without cursor movement, or with colours, the same is asked and what is chosen shows."""
    words = ["trial", "-t", "greeting", "--backend", "auto", "--set", "tone=warm", "--no-git"]
    chosen = "[x] tensorboard" if "PYTHONIOENCODING" in changes else "\N{BLACK CIRCLE} tensorboard"
    window = terminal(*OPTIONS, *words, **changes)
    window.see("Where curves go").press("space").see(chosen)
    window.press("enter").see("Ring bells").press("n").see("> Write it").press("enter")
    assert window.end() == 0
    assert json.dumps("tensorboard>=2.18") in (folder / "trial/pyproject.toml").read_text()


def test_escape_goes_back_a_question(terminal, folder):
    """The question before is asked again with the answer that it had; at the first one nothing happens."""
    window = terminal(*OPTIONS, "--no-git")
    window.see(asked("Name")).press("escape").see(asked("Name")).press("ctrl-u", "night", "enter")
    accept(window, "Template", "Backend")
    window.see(asked("Loggers")).press("escape").see(asked("Backend")).press("escape").see(asked("Template"))
    window.press("escape").see(asked("Name")).see("> night").press("enter")
    accept(window, "Template", "Backend", "Loggers")
    window.see(asked("Tone")).press("up", "enter")
    window.see(asked("Volume")).press("ctrl-u", "7", "enter").see(asked("Bells")).press("escape")
    window.see(asked("Volume")).see("> 7").press("enter")
    accept(window, "Bells").see("? Write this project?").press("escape").see(asked("Bells")).press("y")
    window.see("? Write this project?").see("Bells      yes").press("enter")
    assert window.end() == 0
    assert "VOLUME = 7\n" in (folder / "night/src/night/train.py").read_text()


@pytest.mark.parametrize("columns", [80, 60, 30])
def test_what_was_gone_back_from_leaves_no_trace(terminal, columns):
    """Each answer stands on the screen once, as it is now; also where its line is broken at the terminal's edge."""
    name = "a-rather-long-name-of-a-project-for-thirty"
    window = terminal(*OPTIONS, "--no-git", columns=columns, rows=60)
    window.see("? Name").press("ctrl-u", name, "enter")
    window.see("? Template  What").press("enter").see("? Backend  How").press("escape")
    window.see("? Template  What").press("escape").see("? Name  What").press("enter")
    window.see("? Template  What").press("down", "enter").see("? Backend  How").press("enter")
    screen = window.see("? Loggers  Where").text()
    assert screen.count("? Name") == screen.count("? Template") == screen.count("? Backend") == 1
    assert screen.replace("\n", "").startswith(f"? Name  {name}? Template  poem? Backend  auto? Loggers")


def test_escape_from_a_line_of_the_summary(terminal, folder):
    """It leads back to the summary, and the line stays as it is."""
    window = terminal(*OPTIONS, "trial", "-t", "greeting", *PLAIN, "--set", "bells=no", "--set", "tone=warm")
    window.see("> Write it").press("up", "up", "enter").see(asked("Bells")).press("escape")
    window.see("> Write it").see("Bells      no").press("enter")
    assert window.end() == 0
    assert "? Bells" not in window.text()
