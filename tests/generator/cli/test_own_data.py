"""`scaffold new --data PATH`, as its users meet it."""

import json
import random
import shlex
import subprocess
import sys

import pytest
from PIL import Image

TABULAR = {
    "base/layer.toml": 'help = "All."\n',
    "base/files/pyproject.toml": "",
    "tabular/layer.toml": """
help = "Tables."
template = true
extends = ["base"]
[options.tone]
type = "str"
default = "soft"
help = "How?"
[options.dataset]
type = "choice"
default = "made"
help = "Which?"
[options.dataset.choices.made]
[options.dataset.choices.table]
layers = ["tabular/table"]
""",
    "tabular/files/tone.txt.jinja": "{{ tone }}\n",
    "tabular/table/layer.toml": """
help = "A table of one's own."
[options.data_path]
type = "str"
default = "data"
ask = false
help = "Where?"
[options.target_column]
type = "str"
default = "target"
ask = false
help = "Which?"
""",
    "tabular/table/files/data.txt.jinja": "{{ data_path }} {{ target_column }}\n",
}
FOUND = """\
Found in 'pets'
  6 images of 2 classes: cat (3), dog (3).
  There are no folders train, val and test: the project draws a tenth of each
    class for val and for test.
  All are 40 x 32 pixels; the project scales them to 32 x 32, in colour.
So
  vision-classification, with dataset=imagefolder, image_size=32, channels=3.

"""


@pytest.fixture
def pets(folder):
    """A folder of images of two classes."""
    chance = random.Random(0)
    for name in ("cat", "dog"):
        (folder / "pets" / name).mkdir(parents=True)
        for index in range(3):
            image = Image.frombytes("RGB", (40, 32), chance.randbytes(40 * 32 * 3))
            image.save(folder / "pets" / name / f"{index}.png")
    return folder / "pets"


@pytest.fixture
def houses(folder):
    """A table whose target no name tells, and a template for tables."""
    for name, content in TABULAR.items():
        (folder / "tables" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "tables" / name).write_text(content)
    rows = [f"{index * 0.5},{index % 4},{index * 31 % 17}" for index in range(40)]
    (folder / "houses.csv").write_text("\n".join(["area,rooms,price", *rows]))
    return folder / "houses.csv"


def test_data_choose_template_and_options(scaffold, folder, pets):
    """What is found is said, and the project trains on it; the command that is shown makes the same without a look."""
    ended = scaffold("new", "trial", "--data", "pets")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(FOUND + "Wrote 'trial' from vision-classification: ")
    source = (folder / "trial/src/trial/data.py").read_text()
    assert f'root: Path = Path("{pets.resolve()}")' in source.replace("(\n        ", "(").replace("\n    )", ")")
    assert "= 32\n" in source
    again = shlex.split(ended.out.splitlines()[-1])
    assert again[:3] == ["scaffold", "new", "trial"]
    assert scaffold("new", "other", *again[3:], "--name", "trial").code == 0
    for path in ("src/trial/data.py", ".scaffold/project.toml"):
        assert (folder / "other" / path).read_bytes() == (folder / "trial" / path).read_bytes()


def test_flags_win_over_data(scaffold, folder, pets):
    """What is said by a flag stays, whatever the data are."""
    ended = scaffold("new", "trial", "--data", "pets", "--set", "image_size=48", "--set", "model=torchvision")
    assert ended.code == 0, ended.err
    assert "image_size: Annotated[int, Meta(ge=1)] = 48\n" in (folder / "trial/src/trial/data.py").read_text()


def test_data_are_looked_at_without_writing(scaffold, folder, pets):
    """`--dry-run` shows what is found and what would be written; `--json` has it as data, for answers too."""
    before = sorted(folder.rglob("*"))
    ended = scaffold("new", "trial", "--data", "pets", "--dry-run")
    assert ended.out.startswith(FOUND + "Would write 'trial' from vision-classification")
    document = json.loads(scaffold("new", "trial", "--data", "pets", "--dry-run", "--json").out)
    assert document["data"]["classes"] == {"cat": 3, "dog": 3}
    assert document["data"]["answers"] == {
        "dataset": "imagefolder",
        "data_path": str(pets.resolve()),
        "image_size": 32,
        "channels": "3",
    }
    assert document["data"]["problems"] == []
    assert sorted(folder.rglob("*")) == before
    (folder / "answers.json").write_text(json.dumps(document))
    assert scaffold("new", "trial", "--answers", "answers.json").code == 0


REFUSED = {
    "new trial --data gone": "Error: There is no folder or file at 'gone'.\nHint:  `--data` names one.\n",
    "new trial --data pets --set dataset=digits": "Error: `--data` leads to 'dataset=imagefolder', "
    "and 'digits' is asked for.\nHint:  Leave one of them out.\n",
    "new trial --data pets --templates templates": "Error: There is no template 'vision-classification'.\n"
    "Hint:  `scaffold list` shows all of them.\n",
    "new trial --data pets -t tabular --templates tables": "Error: 'pets' holds data for the template "
    "'vision-classification', and 'tabular' is asked for.\nHint:  Leave `--template` out, or name other data.\n",
    "new trial --data houses.csv --templates tables": "Error: '{}/houses.csv' does not say which column is "
    "the target.\nHint:  Say it, for example by `--set target_column=price`. Columns: area, rooms, price.\n",
    "new trial --data houses.csv --templates tables --set target_column=prize": "Error: '{}/houses.csv' has no column "
    "'prize', which 'target_column' names.\nHint:  Did you mean 'price'? Columns: area, rooms, price.\n",
}


@pytest.mark.parametrize("words", REFUSED)
def test_refused(scaffold, folder, pets, houses, words):
    """What cannot be had is refused in two sentences, and nothing is written."""
    before = sorted(folder.rglob("*"))
    ended = scaffold(*words.split())
    assert (ended.code, ended.out, ended.err) == (2, "", REFUSED[words].format(folder.resolve()))
    assert sorted(folder.rglob("*")) == before


def test_a_target_that_is_said(scaffold, folder, houses):
    """The column that a flag names is the target; options that the template lacks are left out."""
    words = ["--data", "houses.csv", "--templates", "tables", "--set", "target_column=rooms"]
    assert scaffold("new", "trial", *words).code == 0
    assert (folder / "trial/data.txt").read_text() == f"{houses.resolve()} rooms\n"


def test_a_target_that_is_asked_for(terminal, folder, houses):
    """On a terminal the column is chosen from a list; what the data say is not asked, and the summary has it."""
    window = terminal("new", "trial", "--data", "houses.csv", "--templates", "tables", "--no-git")
    window.see("? Target column").see("rooms  4 different values").see("> price  ").press("up", "enter")
    window.see("Found in 'houses.csv'").see("? Tone").press("enter")
    window.see("? Write this project?").see("Dataset        table").see("Target column  rooms").press("enter")
    assert window.end() == 0
    assert (folder / "trial/data.txt").read_text() == f"{houses.resolve()} rooms\n"


def test_pillow_is_imported_for_data_only(environment, folder):
    """Who names no data does not wait for the library that opens images."""
    code = (
        "import sys; from scaffold.cli.app import run; "
        "run(['new', 'trial', '-t', 'poem', '--templates', 'templates']); assert 'PIL' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment(), capture_output=True, check=True)
