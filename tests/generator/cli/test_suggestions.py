"""Author, email and year: what git and the calendar of a machine say, recorded as answers."""

import json
import tomllib
from datetime import date

import pytest

ADA = {"user.name": "Ada Lovelace", "user.email": "ada@example.org"}
NEW = ("new", "-t", "tabular", "--yes", "--no-git")
YEAR = str(date.today().year)


def home_of(folder, names=ADA, where="home"):
    """A home whose git knows somebody."""
    home = folder / where
    home.mkdir()
    lines = [
        f"[{key.partition('.')[0]}]\n{key.partition('.')[2]} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in names.items()
    ]
    (home / ".gitconfig").write_text("\n".join(lines))
    return str(home)


def project_of(folder):
    """The table `project` of a pyproject."""
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]


def answers_of(folder):
    """What a project says it was made of."""
    return tomllib.loads((folder / ".scaffold/project.toml").read_text())["answers"]


def test_the_author_is_gits(scaffold, folder):
    """Who commits here is the author, with an email: an answer like others, which the command need not repeat."""
    ended = scaffold(*NEW, "trial", "--set", "license=MIT", HOME=home_of(folder))
    assert ended.code == 0, ended.err
    assert project_of(folder / "trial")["authors"] == [{"name": "Ada Lovelace", "email": "ada@example.org"}]
    assert answers_of(folder / "trial") | {"author": "Ada Lovelace", "year": int(YEAR)} == answers_of(folder / "trial")
    assert ended.out.endswith("scaffold new trial --template tabular --set license=MIT --yes\n")


def test_made_again_it_is_the_same(scaffold, folder):
    """From the record the same bytes come on the machine of somebody else, and there `update` has nothing to do."""
    scaffold(*NEW, "trial", "--set", "license=BSD-3-Clause", HOME=home_of(folder))
    other = home_of(folder, {"user.name": "Eve", "user.email": "eve@example.org"}, "other")
    record = folder / "trial/.scaffold/project.toml"
    ended = scaffold("new", "again/trial", "--answers", record, "--yes", "--no-git", HOME=other)
    assert ended.code == 0, ended.err
    for path in ("LICENSE", "pyproject.toml", ".scaffold/project.toml", ".scaffold/pristine.tar.xz"):
        assert (folder / "again/trial" / path).read_bytes() == (folder / "trial" / path).read_bytes()
    assert scaffold("update", "--check", "--project", "trial", HOME=other).code == 0


def test_flags_win_and_nobody_is_nobody(scaffold, folder):
    """`--set` says otherwise, also that there is no author; where git knows nobody there is none."""
    home = home_of(folder)
    scaffold(*NEW, "one", "--set", "author=Grace Hopper", "--set", "email=", HOME=home)
    scaffold(*NEW, "two", "--set", "author=", HOME=home)
    scaffold(*NEW, "three", "--set", "license=MIT")
    assert project_of(folder / "one")["authors"] == [{"name": "Grace Hopper"}]
    assert "authors" not in project_of(folder / "two")
    assert "authors" not in project_of(folder / "three")
    assert f"Copyright (c) {YEAR} The authors of three\n" in (folder / "three/LICENSE").read_text()


def test_a_name_with_all_kinds_of_letters(scaffold, folder):
    """Quotes, backslashes and letters of other scripts are the name's own in TOML and in the LICENSE."""
    name = """Zoë "Z" O'Neil \\ 李"""
    ended = scaffold(*NEW, "trial", "--set", "license=MIT", HOME=home_of(folder, {**ADA, "user.name": name}))
    assert ended.code == 0, ended.err
    assert project_of(folder / "trial")["authors"][0]["name"] == name
    assert f"Copyright (c) {YEAR} {name}\n" in (folder / "trial/LICENSE").read_text()


@pytest.mark.parametrize(
    ("license", "words"),
    [
        ("MIT", f"MIT License\n\nCopyright (c) {YEAR} Ada Lovelace\n"),
        ("BSD-3-Clause", f"BSD 3-Clause License\n\nCopyright (c) {YEAR}, Ada Lovelace\n"),
        ("Apache-2.0", f"   Copyright {YEAR} Ada Lovelace\n"),
    ],
)
def test_licences(scaffold, folder, license, words):
    """The LICENSE has the right name and year, pyproject names it, and nothing of it says what only a template has."""
    scaffold(*NEW, "trial", "--set", f"license={license}", HOME=home_of(folder))
    text = (folder / "trial/LICENSE").read_text()
    assert words in text
    assert not any(mark in text for mark in ("{", "}", "[yyyy]", "[name of"))
    project = project_of(folder / "trial")
    assert (project["license"], project["license-files"]) == (license, ["LICENSE"])


def test_a_licence_later(scaffold, folder):
    """Chosen later it is of the year of that, and gone again it leaves nothing; nobody becomes an author by that."""
    scaffold(*NEW, "trial")
    home = home_of(folder)
    ended = scaffold("set", "license=MIT", "--project", "trial", HOME=home)
    assert ended.code == 0, ended.err
    assert f"  license: none -> MIT\n  year: none -> {YEAR}\n" in ended.out
    assert f"Copyright (c) {YEAR} The authors of trial\n" in (folder / "trial/LICENSE").read_text()
    assert answers_of(folder / "trial")["author"] == ""
    assert scaffold("set", "license=none", "--project", "trial", HOME=home).code == 0
    assert not (folder / "trial/LICENSE").exists()


def test_an_own_license_stays(scaffold, folder):
    """A LICENSE that is there is kept as a README is, and that is told; the project's is recorded, and not written."""
    (folder / "trial").mkdir()
    (folder / "trial/LICENSE").write_text("Mine.\n")
    (folder / "trial/README.md").write_text("Mine too.\n")
    ended = scaffold(*NEW, "trial", "--set", "license=MIT")
    assert ended.code == 0, ended.err
    assert "Your own stays, instead of the project's: 'LICENSE', 'README.md'.\n" in ended.out
    assert (folder / "trial/LICENSE").read_text() == "Mine.\n"
    assert scaffold("update", "--check", "--project", "trial").code == 0


def test_of_the_folders_own_repository(scaffold, folder):
    """A repository that has an author of its own has it for the project that appears in it, too."""
    (folder / "trial/.git").mkdir(parents=True)
    for name, text in {
        "HEAD": "ref: refs/heads/main\n",
        "config": "[user]\nname = Here\nemail = h@example.org\n",
    }.items():
        (folder / "trial/.git" / name).write_text(text)
    (folder / "trial/.git/objects").mkdir()
    (folder / "trial/.git/refs").mkdir()
    scaffold(*NEW, "trial", HOME=home_of(folder))
    assert project_of(folder / "trial")["authors"] == [{"name": "Here", "email": "h@example.org"}]
