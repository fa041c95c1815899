from __future__ import annotations

import ast

import pytest

from scaffold.build.imports import ImportStatement, imported_names, read_imports, rewrite_doctests, rewrite_imports

NAMES = {"a": "x", "a.b": ".x.b", "a.b.c": "..y", "lib": "mine", "lib.part": "mine.part"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from a.b import c", "from .x.b import c"),
        ("from a.b import c as d, e  # kept", "from .x.b import c as d, e  # kept"),
        (
            "from a.b import (  # one\n    c,  # two\n    d,\n)\n",
            "from .x.b import (  # one\n    c,  # two\n    d,\n)\n",
        ),
        ("from a.b \\\n    import c", "from .x.b import c"),
        ("from   a.b   import importer", "from .x.b import importer"),
        ("from a.b import *", "from .x.b import *"),
        ("import a.b as c", "from .x import b as c"),
        ("import a.b.c as y", "from .. import y"),
        ("import os, a.b as c", "import os; from .x import b as c"),
        ("import a", "import x"),
        ("import lib.part; lib.part.f(lib)", "import mine.part; mine.part.f(mine)"),
        ("import lib as l; lib = 1", "import mine as l; lib = 1"),
        ("import os; from a.b import c; import sys", "import os; from .x.b import c; import sys"),
        ("ä = 'ü'; from a.b import c", "ä = 'ü'; from .x.b import c"),
        ("if True:\n    from a.b import c\n", "if True:\n    from .x.b import c\n"),
        ("def f():\n\tfrom a.b import c\r\n", "def f():\n\tfrom .x.b import c\r\n"),
        ("class A:\n  try:\n    pass\n  except E:\n    import a.b as c\n", None),
        ("match 1:\n  case 1:\n    from a.b import c\n", "match 1:\n  case 1:\n    from .x.b import c\n"),
        ("from .a.b import c", "from .a.b import c"),
        ("from a.bb import c", "from a.bb import c"),
        ("'from a.b import c'\n# from a.b import c\n", "'from a.b import c'\n# from a.b import c\n"),
    ],
)
def test_only_modules_change(before: str, after: str | None) -> None:
    """An import's module is renamed, wherever the import stands; comments, names and all else stay."""
    expected = before.replace("import a.b as c", "from .x import b as c") if after is None else after
    assert rewrite_imports(before, NAMES.get) == expected


def test_examples_in_docstrings_are_renamed() -> None:
    """The imports in a docstring's examples are those of the project; prose and outputs stay."""
    before = '"""From a.\n\n    >>> from a.b import c\n    >>> import a as d\n    >>> f("from a.b import c")\n"""\n'
    after = '"""From a.\n\n    >>> from .x.b import c\n    >>> import x as d\n    >>> f("from a.b import c")\n"""\n'
    assert rewrite_doctests(before, NAMES.get) == after


@pytest.mark.parametrize(
    ("source", "module", "is_package", "names"),
    [
        ("from a.b import c, d", "", False, ["a.b.c", "a.b.d"]),
        ("import a.b", "", False, ["a.b"]),
        ("from . import c\nfrom ..e import f", "p.q.r", False, ["p.q.c", "p.e.f"]),
        ("from . import c\nfrom ..e import f", "p.q", True, ["p.q.c", "p.e.f"]),
        ("from n import s as t\nt.u(t.v.w)", "", False, ["n.s.u", "n.s.v", "n.s.v.w"]),
        ("from n import s\n", "", False, []),
        ("import n.s\nn.s.u()", "", False, ["n.s.u"]),
        ("import n.s as t\nt.u()\nf().t.x", "", False, ["n.s.u"]),
        ("def f():\n    with g():\n        import deep", "", False, ["deep"]),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import deep", "", False, ["deep"]),
    ],
)
def test_imported_names_are_absolute(source: str, module: str, is_package: bool, names: list[str]) -> None:
    """Relative imports are made absolute, and a package that is taken whole counts as what is read off it."""
    statements = read_imports(ast.parse(source), module, is_package=is_package)
    assert list(imported_names(statements, is_namespace=lambda name: name in ("n", "n.s"))) == names


def test_names_are_read_off_the_name_itself() -> None:
    """An attribute of the same name elsewhere is no reading."""
    source = "import idist\nidist.a.b; other.idist.c; idist().d; idist.e"
    assert read_imports(ast.parse(source)) == [ImportStatement(1, 1, "", [("idist", "idist", ["a", "a.b", "e"])])]


def test_an_import_has_its_lines() -> None:
    """Each import is read with its first and its last line, whatever is bound to what."""
    source = "import os\nfrom p.q import (\n    a,\n    b as c,\n)\nc.x()\n"
    first, second = read_imports(ast.parse(source))
    assert first == ImportStatement(1, 1, "", [("os", "os", [])])
    assert second == ImportStatement(2, 5, "p.q", [("a", "a", []), ("b", "c", ["x"])])
