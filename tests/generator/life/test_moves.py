from __future__ import annotations

from pathlib import PurePosixPath

from scaffold.build.project import ProjectFile
from scaffold.build.rename import rename_files
from scaffold.life.moves import align, composed, find_renamed


def files(**texts: str) -> dict[PurePosixPath, ProjectFile]:
    """Files by their names, in which `__` stands for a slash."""
    return {path(name): ProjectFile(text.encode(), 0o644, "") for name, text in texts.items()}


def path(name: str) -> PurePosixPath:
    """`src__p__a` as `src/p/a.py`."""
    return PurePosixPath(name.replace("__", "/") + ".py")


def test_an_edited_file_goes_where_the_templates_have_it_now() -> None:
    """Three states of a file that was moved are compared under its new name, through all moves since."""
    moved = {path("old"): path("between"), path("between"): path("new")}
    aligned = align(files(old="1"), files(old="own"), files(new="2"), moved=moved, renamed={})
    assert (aligned.pristine, aligned.theirs, aligned.mine) == (files(new="1"), files(new="own"), files(new="2"))
    assert aligned.came_from == {path("new"): path("old")}


def test_a_deleted_file_stays_deleted_wherever_it_would_be_made() -> None:
    """A file that the owner deleted and the templates moved is compared under its new name, as one that was deleted."""
    aligned = align(files(old="1"), {}, files(new="2"), moved={path("old"): path("new")}, renamed={})
    assert (aligned.pristine, aligned.theirs, aligned.came_from) == (files(new="1"), {}, {})


def test_a_place_that_is_taken_is_no_place_to_move_to() -> None:
    """Where the owner has something at the new place, the old file stays what it is."""
    theirs = files(old="own", new="another")
    aligned = align(files(old="1"), theirs, files(new="2"), moved={path("old"): path("new")}, renamed={})
    assert (aligned.theirs, aligned.came_from) == (theirs, {})


def test_a_renamed_file_is_found_by_its_lines() -> None:
    """Of the owner's files the one that shares most lines with what was made is that; one of few lines is none."""
    made = "".join(f"line {number}\n" for number in range(10))
    own = files(near=made.replace("line 3", "own"), far="x = 1\n" * 10, tiny="line 1\n")
    assert find_renamed(files(a=made, b="1\n"), own) == {path("a"): path("near")}


def test_names_are_remembered_through_further_renaming_and_moves() -> None:
    """A file keeps its owner's last name, also where the templates have moved it meanwhile; undone, it is forgotten."""
    known, moved = {path("a"): path("b")}, {path("a"): path("z")}
    assert composed(known, {path("b"): path("c")}, moved) == {path("a"): path("c"), path("z"): path("c")}
    assert composed(known, {path("b"): path("a")}, {}) == {}


def test_who_imports_a_renamed_file_imports_it_by_its_name() -> None:
    """Relative and absolute imports, whole modules and names of them, in functions and over several lines."""
    sources = files(
        src__p__model="X = 1\n",
        src__p__train="from .model import (  # why\n    X,\n)\nfrom . import data, model\n\n"
        "def f():\n    from .model import X as Y\n",
        src__p__sub__deep="from ..model import X\n",
        tests__test_a="import p.model as m\nfrom p import model\nfrom p.model import X\nimport p.data\n",
    )
    renamed = rename_files(sources, {"src/p/model.py": "src/p/nets/small.py", "gone.py": "x.py"})
    texts = {str(path): file.content.decode() for path, file in renamed.items()}
    assert texts == {
        "src/p/nets/small.py": "X = 1\n",
        "src/p/train.py": "from .nets.small import (  # why\n    X,\n)\n"
        "from . import data; from .nets import small as model\n\ndef f():\n    from .nets.small import X as Y\n",
        "src/p/sub/deep.py": "from ..nets.small import X\n",
        "tests/test_a.py": "import p.nets.small as m\nfrom p.nets import small as model\nfrom p.nets.small import X\n"
        "import p.data\n",
    }
