"""Hostile templates are refused in a sentence; nothing outside is touched, and nothing of theirs is run."""

# ruff: noqa: E501, UP031  # a template's lines are as long as they are, and full of braces
from __future__ import annotations

import io
import os
import socket
import stat
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from .conftest import Scaffold
from .well_known import lay

LAYER = 'help = "Theirs."\ntemplate = true\n'
COOKIECUTTER = '{"slug": "made", "evil": "%s"}'
HOOK = {"hooks/pre_gen_project.py": "open('{home}/ran', 'w')\n", "hooks/pre_prompt.py": "open('{home}/ran', 'w')\n"}


def zipped(file: Path, entries: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> Path:
    """A zip whose entries have these names exactly."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        for name, leads_to in (links or {}).items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, leads_to)
    return file


def refused(scaffold: Scaffold, tmp_path: Path, template: str, *words: str) -> str:
    """The sentence by which it is refused; the folder is as it was."""
    before = sorted(tmp_path.rglob("*"))
    ended = scaffold("new", "made", "-t", template, "--yes", *words, TMPDIR=str(tmp_path / "tmp"))
    assert ended.code == 2, ended.out
    assert "Traceback" not in ended.err
    assert sorted(tmp_path.rglob("*")) == before
    return ended.err.splitlines()[0]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path) -> None:
    """Where the command keeps what it brings, so that leftovers are seen."""
    (tmp_path / "tmp").mkdir()


@pytest.mark.parametrize(
    ("entries", "links", "fault"),
    [
        ({"../out.txt": b""}, {}, "has '../out.txt', which leads out of it."),
        ({"a/../../out.txt": b""}, {}, "has 'a/../../out.txt', which leads out of it."),
        ({"/out.txt": b""}, {}, "has '/out.txt', which leads out of it."),
        ({"..\\out.txt": b""}, {}, "has '..\\out.txt', which leads out of it."),
        ({"layer.toml": LAYER.encode()}, {"files/x": "/etc/passwd"}, "is a link that leads out of it."),
        ({"layer.toml": LAYER.encode()}, {"files": "../.."}, "is a link that leads out of it."),
        ({"layer.toml": LAYER.encode(), "a/b.txt": b""}, {"a": ".."}, "has 'a' twice."),
        ({"layer.toml": LAYER.encode(), "files/loop/x": b""}, {"files/y": "loop"}, "'files/y' in '"),
        ({"a": b"", "a/b": b""}, {}, "has 'a/b' twice."),
    ],
)
def test_zips(
    scaffold: Scaffold, tmp_path: Path, entries: Mapping[str, bytes], links: Mapping[str, str], fault: str
) -> None:
    """Names that go up, absolute and Windows' ones, links that leave, and a file that is a folder too."""
    zipped(tmp_path / "theirs.zip", entries, links)
    assert fault in refused(scaffold, tmp_path, "theirs.zip")


def test_a_zip_bomb(scaffold: Scaffold, tmp_path: Path) -> None:
    """A small zip that would fill the disk is left at its limit, whatever size it says that it has."""
    file = zipped(tmp_path / "theirs.zip", {"a": bytes(200 * 1024**2)})
    assert file.stat().st_size < 1024**2
    assert refused(scaffold, tmp_path, "theirs.zip") == "Error: '%s' has more than 128 MiB." % file
    content = bytearray(zipped(tmp_path / "theirs.zip", {"a": bytes(200 * 1024**2)}).read_bytes())
    size = (200 * 1024**2).to_bytes(4, "little")
    file.write_bytes(content.replace(size, (10).to_bytes(4, "little")))  # in both of its headers
    assert "is no zip that can be read" in refused(scaffold, tmp_path, "theirs.zip")


def test_too_many_files(scaffold: Scaffold, tmp_path: Path) -> None:
    """Twenty thousand files are enough, in a zip and in a folder."""
    file = zipped(tmp_path / "theirs.zip", {f"files/{number}": b"" for number in range(20_001)})
    assert refused(scaffold, tmp_path, "theirs.zip") == f"Error: '{file}' has more than 20000 files."


def test_a_huge_file(scaffold: Scaffold, tmp_path: Path) -> None:
    """A folder with a file of a terabyte, of which the disk holds nothing, is not copied."""
    lay({"theirs/layer.toml": LAYER, "theirs/files/x": b""}, tmp_path)
    os.truncate(tmp_path / "theirs/files/x", 1024**4)
    assert "has more than 128 MiB." in refused(scaffold, tmp_path, "./theirs")


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_what_is_no_file(scaffold: Scaffold, tmp_path: Path, kind: str) -> None:
    """What would be waited for without an end is not opened."""
    lay({"theirs/layer.toml": LAYER, "theirs/files/a": ""}, tmp_path)
    if kind == "pipe":
        os.mkfifo(tmp_path / "theirs/files/x")
    else:
        with socket.socket(socket.AF_UNIX) as listening:
            os.chdir(tmp_path)
            listening.bind("theirs/files/x")
    assert "'files/x' in " in (said := refused(scaffold, tmp_path, "./theirs"))
    assert said.endswith("is neither file nor folder.")


@pytest.mark.parametrize("link", ["/etc/passwd", "../../secret"])
def test_links_in_folders_and_repositories(scaffold: Scaffold, tmp_path: Path, link: str) -> None:
    """A link that leaves is refused in a folder and in a git repository, before anything follows it."""
    lay({"secret": "mine", "theirs/cookiecutter.json": "{}"}, tmp_path)
    (tmp_path / "theirs/{{cookiecutter.slug}}").mkdir()
    (tmp_path / "theirs/{{cookiecutter.slug}}/x").symlink_to(link if link[0] == "/" else f"{link}")
    assert "is a link that leads out of it." in refused(scaffold, tmp_path, "./theirs", "--trust")
    commit(tmp_path / "theirs")
    assert "is a link that leads out of it." in refused(scaffold, tmp_path, f"file://{tmp_path}/theirs", "--trust")


def commit(folder: Path) -> None:
    """Makes a repository of a folder."""
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "all"]):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *words], cwd=folder, check=True)


REACHES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.system('touch {home}/ran') }}",
    "{{ ''.format.__globals__ }}",
    "{% set f = '{0.__class__.__base__}'.format(1) %}{{ f.__class__ }}",
]


@pytest.mark.parametrize("expression", REACHES)
def test_expressions_that_reach_for_python(scaffold: Scaffold, tmp_path: Path, expression: str) -> None:
    """In a layer's files, slots and conditions, an expression that leaves its sandbox is an error, and does nothing."""
    evil = expression.replace("{home}", str(tmp_path))
    lay({"theirs/layer.toml": LAYER, "theirs/files/x.txt.jinja": evil}, tmp_path)
    assert "Error: 'theirs/files/x.txt.jinja', line 1: " in refused(scaffold, tmp_path, "./theirs")
    lay({"theirs/layer.toml": LAYER + f"[slots]\nreadme_task = ['''{evil}''']\n"}, tmp_path)
    assert refused(scaffold, tmp_path, "./theirs").startswith("Error: slot 'readme_task'")


def test_conditions_that_reach_for_python(scaffold: Scaffold, tmp_path: Path) -> None:
    """So is one in `when`."""
    evil = "cycler.__init__.__globals__.os.system('touch ran') == 0"
    option = f'[options.a]\ntype = "bool"\ndefault = true\nhelp = "A."\nwhen = "{evil}"\n'
    lay({"theirs/layer.toml": LAYER + option, "theirs/files/x.txt.jinja": "{{ a }}"}, tmp_path)
    assert "`when` of option 'a' " in refused(scaffold, tmp_path, "./theirs")


@pytest.mark.parametrize("name", ["aux.py", "files/com1", "a:b", "end. ", "dot.", 'quo"te', "tab\there", "NUL.txt"])
def test_names_that_windows_lacks(scaffold: Scaffold, tmp_path: Path, name: str) -> None:
    """Projects of others' templates have no file that some disks cannot hold."""
    lay({"ours/layer.toml": LAYER, f"ours/files/{name}": ""}, tmp_path)
    assert refused(scaffold, tmp_path, "./ours").endswith("which is no name on Windows.")
    lay({"theirs/cookiecutter.json": '{"slug": "made"}', f"theirs/{{{{cookiecutter.slug}}}}/{name}": ""}, tmp_path)
    assert refused(scaffold, tmp_path, "./theirs", "--trust").endswith("which is no name on Windows.")


@pytest.mark.parametrize("evil", ["../../out", "/{home}/out", "..", "a/../../../out"])
@pytest.mark.parametrize("place", ["file", "folder", "copied"])
def test_rendered_names_that_leave(scaffold: Scaffold, tmp_path: Path, evil: str, place: str) -> None:
    """An answer in a name may not lead out, even of a template that is trusted; it is seen before anything is made."""
    evil = evil.replace("{home}", str(tmp_path).strip("/"))
    copied = ', "_copy_without_render": ["*"]' if place == "copied" else ""
    name = "{{cookiecutter.evil}}/x" if place == "folder" else "{{cookiecutter.evil}}"
    template = {"cookiecutter.json": '{"slug": "made", "evil": "%s"%s}' % (evil, copied)}
    lay({**template, f"{{{{cookiecutter.slug}}}}/{name}": "x"}, tmp_path / "theirs")
    assert "which is not inside of the project" in refused(scaffold, tmp_path, "./theirs", "--trust")


@pytest.mark.parametrize("evil", ["../out", "{home}/out", ".", "a/b", ""])
def test_a_projects_folder_that_leaves(scaffold: Scaffold, tmp_path: Path, evil: str) -> None:
    """What the template calls the project's folder is one name."""
    evil = evil.replace("{home}", str(tmp_path))
    lay({"cookiecutter.json": COOKIECUTTER % evil, "{{cookiecutter.evil}}/x": "x"}, tmp_path / "theirs")
    assert "it calls the project's folder" in refused(scaffold, tmp_path, "./theirs", "--trust")


def test_links_that_hooks_make(scaffold: Scaffold, tmp_path: Path) -> None:
    """A hook's link to a file of the project becomes that file; one that leaves is refused."""
    hook = "import os\nos.symlink('{{cookiecutter.evil}}', 'link')\n"
    files = {
        "cookiecutter.json": COOKIECUTTER % "x",
        "{{cookiecutter.slug}}/x": "content",
        "hooks/post_gen_project.py": hook,
    }
    lay(files, tmp_path / "theirs")
    said = refused(scaffold, tmp_path, "./theirs", "--trust", "--set", "evil=/etc/passwd")
    assert said == "Error: 'link' in 'theirs' is a link that leads out of it."
    ended = scaffold("new", "made", "-t", "./theirs", "--yes", "--trust")
    assert ended.code == 0, ended.err
    assert (tmp_path / "made/link").read_text() == "content"
    assert not (tmp_path / "made/link").is_symlink()


def test_nothing_runs_before_trust(scaffold: Scaffold, tmp_path: Path) -> None:
    """Neither hooks nor expressions of its questions nor its extensions run; what would is named."""
    files = {
        **{path: text.replace("{home}", str(tmp_path)) for path, text in HOOK.items()},
        "cookiecutter.json": '{"slug": "{{ cycler.__init__.__globals__.os.system(\'touch %s/ran\') }}", "_extensions": ["ext.E"]}'
        % tmp_path,
        "ext.py": f"open('{tmp_path}/ran', 'w')\n",
        "{{cookiecutter.slug}}/x": "",
    }
    lay(files, tmp_path / "theirs")
    assert refused(scaffold, tmp_path, "./theirs") == (
        "Error: './theirs' runs code on this machine: expressions that may do anything, "
        "hooks (hooks/pre_gen_project.py, hooks/pre_prompt.py), extensions (ext.E)."
    )


@pytest.mark.parametrize(
    "place",
    [
        "ext::sh -c 'touch ran'",
        "--upload-pack=touch ran",
        "git+ext::x",
        "fd::7",
        "data://x",
        "https://h/x#--upload-pack=x",
    ],
)
def test_places_that_run_programs(scaffold: Scaffold, tmp_path: Path, place: str) -> None:
    """Git's ways of running a program to reach a place are not known here."""
    before = sorted(tmp_path.rglob("*"))
    ended = scaffold("new", "made", f"--template={place}", "--yes")
    assert ended.code == 2, ended.out
    assert ended.err.startswith("Error: ")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_program_that_ends_itself(scaffold: Scaffold, tmp_path: Path) -> None:
    """An expression that ends its process is a sentence."""
    evil = "{{ cycler.__init__.__globals__.os._exit(0) }}"
    lay({"cookiecutter.json": COOKIECUTTER % evil, "{{cookiecutter.slug}}/x": ""}, tmp_path / "theirs")
    said = refused(scaffold, tmp_path, "./theirs", "--trust")
    assert said == "Error: 'theirs' cannot be rendered: its code ended the program."


def test_a_hook_that_asks_or_prints(scaffold: Scaffold, tmp_path: Path) -> None:
    """A hook's questions have no answer, and what it prints is neither JSON of ours nor a reply."""
    hook = "print('{\"folder\": \"/etc\"}')\ntry:\n    input('Well? ')\nexcept EOFError:\n    print('none')\n"
    files = {"cookiecutter.json": COOKIECUTTER % "", "{{cookiecutter.slug}}/x": "", "hooks/post_gen_project.py": hook}
    lay(files, tmp_path / "theirs")
    ended = scaffold("new", "made", "-t", "./theirs", "--yes", "--trust", "--json")
    assert ended.code == 0, ended.err
    assert ended.out.startswith("{\n")
    assert "none" in ended.err


WRONG: Mapping[str, tuple[Mapping[str, str | bytes], str]] = {
    "no template": ({"x": ""}, "holds no template."),
    "no JSON": ({"cookiecutter.json": "{", "{{cookiecutter.a}}/x": ""}, "cannot be rendered: JSON decoding error"),
    "no table": ({"cookiecutter.json": "[]", "{{cookiecutter.a}}/x": ""}, "its `cookiecutter.json` is no table"),
    "deep": ({"cookiecutter.json": "[" * 100_000, "{{cookiecutter.a}}/x": ""}, "cannot be rendered"),
    "no UTF-8": ({"cookiecutter.json": b"\xff", "{{cookiecutter.a}}/x": ""}, "cannot be rendered"),
    "no folder": ({"cookiecutter.json": '{"a": "b"}'}, "cannot be rendered"),
    "no choices": ({"cookiecutter.json": '{"a": []}', "{{cookiecutter.a}}/x": ""}, "'a' has no choices"),
    "unknown name": (
        {"cookiecutter.json": '{"a": "{{ cookiecutter.b }}"}', "{{cookiecutter.a}}/x": ""},
        "has no attribute",
    ),
    "nested outside": (
        {"cookiecutter.json": '{"templates": {"x": {"path": "../.."}}}'},
        "there is no template at '../..'",
    ),
    "nested in itself": ({"cookiecutter.json": '{"templates": {"x": {"path": "."}}}'}, "it lies in itself"),
    "nested nowhere": ({"cookiecutter.json": '{"templates": {"x": {}}}'}, "cannot be rendered"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_templates_that_are_none(scaffold: Scaffold, tmp_path: Path, kind: str) -> None:
    """What is wrong with one is said in a sentence."""
    files, fault = WRONG[kind]
    lay(files, tmp_path / "theirs")
    assert fault in refused(scaffold, tmp_path, "./theirs", "--trust")


def test_a_zip_that_is_none(scaffold: Scaffold, tmp_path: Path) -> None:
    """Neither text, nor the half of a zip, nor one with a password is read."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("layer.toml", LAYER)
    content = whole.getvalue()
    locked = content.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )
    assert locked != content
    for wrong in (b"text", content[: len(content) // 2], locked):
        (tmp_path / "theirs.zip").write_bytes(wrong)
        assert "is no zip that can be read" in refused(scaffold, tmp_path, "theirs.zip")
