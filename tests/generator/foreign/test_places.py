"""Templates come from hosts, repositories, zips and folders; layers of ours from there are ours."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
import zipfile
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from scaffold.api import changes
from scaffold.errors import UsageError
from scaffold.foreign.trust import digest
from scaffold.life.record import recall

from .conftest import Scaffold
from .well_known import lay

LAYER = 'help = "A note."\ntemplate = true\n[options.tone]\ntype = "str"\ndefault = "calm"\nhelp = "How it sounds."\n'
NOTE = {"layer.toml": LAYER, "files/note.txt.jinja": "{{ tone }} {{ package_name }}\n"}
COOKIECUTTER = {"cookiecutter.json": '{"slug": "made"}', "{{cookiecutter.slug}}/note.txt": "{{ cookiecutter.slug }}\n"}
WHO = ("-c", "user.name=a", "-c", "user.email=a@example.org")


def git(folder: Path, *words: str) -> str:
    """What git prints in a folder."""
    done = subprocess.run(["git", *WHO, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a template of ours, then with another text, under a tag, a branch and a commit."""
    folder = lay(NOTE, tmp_path / "hosts/org/note.git")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    git(folder, "tag", "v1")
    lay({"files/note.txt.jinja": "new {{ tone }}\n"}, folder)
    git(folder, "commit", "--quiet", "-a", "-m", "two")
    git(folder, "branch", "wild/side")
    return folder


def test_a_hosts_short_name_and_refs(scaffold: Scaffold, tmp_path: Path, repository: Path) -> None:
    """`gh:` is GitHub (git is told to look on this disk); a tag, a branch and a whole commit are refs."""
    home = lay(
        {".gitconfig": f'[url "file://{tmp_path}/hosts/"]\ninsteadOf = https://github.com/\n'}, tmp_path / "home"
    )
    first = git(repository, "rev-parse", "v1")
    texts = {"": "new calm\n", "#v1": "calm {}\n", "#wild/side": "new calm\n", f"#{first}": "calm {}\n"}
    for number, (ref, text) in enumerate(texts.items()):
        ended = scaffold("new", f"p{number}", "-t", f"gh:org/note{ref}", "--yes", HOME=str(home))
        assert ended.code == 0, ended.err
        assert (tmp_path / f"p{number}/note.txt").read_text() == text.format(f"p{number}")
        assert recall(tmp_path / f"p{number}").origin.source == f"gh:org/note{ref}"
        assert recall(tmp_path / f"p{number}").origin.template == "note"


def test_what_cannot_be_had(scaffold: Scaffold, tmp_path: Path, repository: Path) -> None:
    """A ref, a folder, a repository or a file that there is not is a sentence."""
    for place, fault in {
        f"file://{repository}#v9": "cannot be had at 'v9': couldn't find remote ref v9.",
        f"file://{repository}//nowhere": "There is no folder 'nowhere' in ",
        f"file://{tmp_path}/hosts/org/none.git": "cannot be had: ",
        "./nowhere": "There is no template at 'nowhere'.",
    }.items():
        ended = scaffold("new", "p", "-t", place, "--yes")
        assert (ended.code, fault in ended.err) == (2, True), ended.err


def test_one_layer_of_several(scaffold: Scaffold, tmp_path: Path) -> None:
    """Several templates in one place: one is named by its folder, and builds on those beside it."""
    shared = {"shared/layer.toml": 'help = "Both."\n', "shared/files/both.txt": "both\n"}
    for name in ("calm", "loud"):
        toml = f'help = "{name}."\ntemplate = true\nextends = ["shared"]\n'
        shared |= {f"{name}/layer.toml": toml, f"{name}/files/{name}.txt": name}
    lay(shared, tmp_path / "theirs")
    ended = scaffold("new", "p", "-t", "./theirs//loud", "--yes")
    assert ended.code == 0, ended.err
    assert {path.name for path in (tmp_path / "p").glob("*.txt")} == {"both.txt", "loud.txt"}
    assert recall(tmp_path / "p").origin.source == f"{tmp_path}/theirs//loud"
    ended = scaffold("new", "q", "-t", "./theirs", "--yes")
    assert ended.err.startswith(
        f"Error: A template is needed, and none is given.\nHint:  Say `--template {tmp_path}/theirs//calm`"
    )


def test_answers_and_the_command_say_where_from(scaffold: Scaffold, tmp_path: Path) -> None:
    """The JSON of a project is a file of answers for the same again; so is its record; so is the printed command."""
    lay(NOTE, tmp_path / "note")
    ended = scaffold("new", "p", "-t", "./note", "--set", "tone=loud", "--json")
    assert ended.code == 0, ended.err
    (tmp_path / "answers.json").write_text(ended.out)
    for name, file in {"q": "answers.json", "r": "p/.scaffold/project.toml"}.items():
        again = scaffold("new", name, "--answers", file, "--name", name, "--yes")
        assert again.code == 0, again.err
        assert (tmp_path / name / "note.txt").read_text() == f"loud {name}\n"
    assert json.loads(ended.out)["command"] == f"scaffold new p --template {tmp_path}/note --set tone=loud --yes"


@pytest.fixture
def host(tmp_path: Path) -> Generator[str]:
    """A server of files of the test's folder, and its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *words: object) -> None:
            super().__init__(*words, directory=str(tmp_path))  # pyright: ignore[reportArgumentType]

        def log_message(self, format: str, *words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_zips(scaffold: Scaffold, tmp_path: Path, host: str) -> None:
    """A zip on this disk or on a host; the one folder that hosts put around a repository is not the template's."""
    for top in ("", "note-main/"):
        with zipfile.ZipFile(tmp_path / "note.zip", "w") as archive:
            for path, content in NOTE.items():
                archive.writestr(top + path, content)
        for number, place in enumerate(("note.zip", f"{host}/note.zip")):
            name = f"p{number}{top.rstrip('/')}".replace("-", "")
            ended = scaffold("new", name, "-t", place, "--yes")
            assert ended.code == 0, ended.err
            assert (tmp_path / name / "note.txt").read_text() == f"calm {name}\n"
    ended = scaffold("new", "q", "-t", f"{host}/none.zip", "--yes")
    assert ended.err.startswith(f"Error: '{host}/none.zip' cannot be downloaded: ")


def test_a_link_within(scaffold: Scaffold, tmp_path: Path) -> None:
    """A link to another file of a template of cookiecutter's is followed; in a template of ours it is none of ours."""
    lay({**COOKIECUTTER, "shared.txt": "shared\n"}, tmp_path / "theirs")
    (tmp_path / "theirs/{{cookiecutter.slug}}/link.txt").symlink_to("../shared.txt")
    ended = scaffold("new", "-t", "./theirs", "--yes", "--trust")
    assert ended.code == 0, ended.err
    assert (tmp_path / "made/link.txt").read_text() == "shared\n"
    lay(NOTE, tmp_path / "note")
    (tmp_path / "note/files/link.txt").symlink_to("../layer.toml")
    assert "is a link." in scaffold("new", "p", "-t", "./note", "--yes").err


def test_trust_is_remembered_for_the_content(scaffold: Scaffold, tmp_path: Path) -> None:
    """Agreed once, the same files may run from anywhere; any change asks again."""
    lay(COOKIECUTTER, tmp_path / "theirs")
    home = tmp_path / "home"
    words = ("-t", "./theirs", "--yes")
    assert scaffold("new", "a", *words, HOME=str(home)).code == 2
    assert scaffold("new", "a", *words, "--trust", HOME=str(home)).code == 0
    assert scaffold("new", "b", *words, HOME=str(home)).code == 0
    (tmp_path / "theirs").rename(tmp_path / "moved")
    assert scaffold("new", "c", "-t", "./moved", "--yes", HOME=str(home)).code == 0
    kept = (home / ".config/torch-scaffold/trusted").read_text().splitlines()
    assert kept[1:] == [f"{digest(tmp_path / 'moved')} {tmp_path}/theirs"]
    changes = {"hooks/pre_prompt.py": "", "{{cookiecutter.slug}}/note.txt": "other"}
    for path, content in changes.items():
        lay({path: content}, tmp_path / "moved")
        assert scaffold("new", "d", "-t", "./moved", "--yes", HOME=str(home)).code == 2
        assert scaffold("new", "--dry-run", "-t", "./moved", "--yes", "--trust", HOME=str(home)).code == 0
    (tmp_path / "moved/hooks/pre_prompt.py").chmod(0o755)
    assert scaffold("new", "d", "-t", "./moved", "--yes", HOME=str(home)).code == 2


def test_a_place_and_a_folder_of_templates(scaffold: Scaffold, tmp_path: Path) -> None:
    """Both at once cannot be meant."""
    lay(NOTE, tmp_path / "note")
    ended = scaffold("new", "p", "-t", "./note", "--templates", "note", "--yes")
    assert ended.err.startswith("Error: `--template ./note` is a place, and so is `--templates note`.")


def test_a_project_is_not_made_again_without_trust(
    scaffold: Scaffold, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A template whose content changed since its user agreed runs nothing."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    lay(COOKIECUTTER, tmp_path / "theirs")
    assert scaffold("new", "made", "-t", "./theirs", "--yes", "--trust").code == 0
    lay({"hooks/pre_prompt.py": f"open('{tmp_path}/ran', 'w')"}, tmp_path / "theirs")
    with pytest.raises(UsageError, match="may not run its code"):
        changes(tmp_path / "made")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("template", [NOTE, COOKIECUTTER], ids=["ours", "cookiecutter"])
def test_a_project_from_elsewhere_is_updated(scaffold: Scaffold, tmp_path: Path, template: Mapping[str, str]) -> None:
    """What its template changed comes, what its owner wrote stays, and then it is current."""
    lay(template, tmp_path / "theirs")
    assert scaffold("new", "made", "-t", "./theirs", "--yes", "--trust").code == 0
    note = next(path for path in (tmp_path / "theirs").rglob("note.txt*"))
    note.write_text(note.read_text() + "1\n2\n3\n4\nother\n")
    (tmp_path / "made" / "note.txt").write_text("mine\n" + (tmp_path / "made" / "note.txt").read_text())
    (tmp_path / "made" / "own.txt").write_text("mine too\n")
    ended = scaffold("update", "--yes", "--trust", "--allow-dirty", "--project", "made")
    assert ended.code == 0, ended
    lines = (tmp_path / "made" / "note.txt").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("mine", "other")
    assert (tmp_path / "made" / "own.txt").read_text() == "mine too\n"
    assert scaffold("update", "--check", "--trust", "--project", "made").code == 0


PARTS = {
    "layer.toml": 'help = "A note."\ntemplate = true\n'
    '[options.parts]\ntype = "multi-choice"\ndefault = []\nhelp = "?"\n'
    '[options.parts.choices.bell]\nhelp = "a bell"\nlayers = ["theirs/bell"]\n',
    "files/note.txt": "note\n",
    "bell/layer.toml": 'help = "A bell."\n',
    "bell/files/bell.txt": "ding\n",
}


def test_parts_of_layers_from_elsewhere(scaffold: Scaffold, tmp_path: Path) -> None:
    """What its options offer is added and taken away as of a template of ours, and a deleted file comes back."""
    lay(PARTS, tmp_path / "theirs")
    assert scaffold("new", "made", "-t", "./theirs", "--yes").code == 0
    where = ("--project", "made")
    assert "part\n  bell  a bell\n" in scaffold("add", *where).out
    done = scaffold("add", "part", "bell", *where)
    assert (done.code, (tmp_path / "made/bell.txt").read_text()) == (0, "ding\n"), done
    (tmp_path / "made/note.txt").unlink()
    assert scaffold("add", "template-file", "note.txt", *where).code == 0
    assert (tmp_path / "made/note.txt").read_text() == "note\n"
    assert scaffold("remove", "part", "bell", *where).code == 0
    assert not (tmp_path / "made/bell.txt").exists()
    assert scaffold("update", "--check", *where).code == 0


def test_a_template_of_cookiecutters_has_no_parts(scaffold: Scaffold, tmp_path: Path) -> None:
    """A sentence says so and names `set`, and nothing of the template runs to say it."""
    lay(COOKIECUTTER, tmp_path / "theirs")
    assert scaffold("new", "made", "-t", "./theirs", "--yes", "--trust").code == 0
    for changed in (False, True):
        if changed:
            lay({"hooks/pre_prompt.py": f"open('{tmp_path}/ran', 'w')"}, tmp_path / "theirs")
        for words in (["add"], ["add", "metric", "SSIM"], ["remove", "logger", "csv"]):
            ended = scaffold(*words, "--project", "made")
            assert (ended.code, ended.out) == (2, "")
            assert "theirs' is a template of cookiecutter's, and has no parts to add.\n" in ended.err
            assert "`scaffold set KEY=VALUE`" in ended.err.replace("\n       ", " ")
    assert not (tmp_path / "ran").exists()
