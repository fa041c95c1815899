"""How files spell values: as Python does, or as TOML does."""

from __future__ import annotations

import json
from typing import Any

LONGEST_LITERAL = 80
"""Characters of a text in a line of code; a path may have more."""


def python_literal(value: Any) -> str:
    r"""A value as Python spells it; a long text in parts, between which ruff breaks the line.

    Example:
        >>> python_literal("it's"), python_literal(0.5)
        ('"it\'s"', '0.5')
    """
    if not isinstance(value, str) or len(value) <= LONGEST_LITERAL:
        return repr(value)
    starts = range(0, len(value), LONGEST_LITERAL)
    return " ".join(repr(value[start : start + LONGEST_LITERAL]) for start in starts)


def toml_literal(value: Any) -> str:
    r"""A text, number, boolean or list of texts as TOML spells it, which JSON does too.

    Example:
        >>> print(toml_literal('Ada "Countess" Lovelace'), toml_literal(["a", "b"]))
        "Ada \"Countess\" Lovelace" ["a", "b"]
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
