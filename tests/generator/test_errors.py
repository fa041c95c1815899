from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from scaffold.errors import ScaffoldError, TemplateError, UsageError, WriteError, unknown

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]


@pytest.mark.parametrize("kind", [UsageError, TemplateError, WriteError])
def test_every_error_is_caught_at_one_place(kind: type[ScaffoldError]) -> None:
    """The command catches one class and finds a message, a hint and an exit code."""
    error = kind("No.", "Do otherwise.")
    assert isinstance(error, ScaffoldError)
    assert (str(error), error.message, error.hint, error.exit_code) == ("No.", "No.", "Do otherwise.", 2)


def test_a_near_word_is_offered(refused: Refusal) -> None:
    """A misspelt word gets the one that was probably meant."""
    with refused(UsageError, "There is no template 'tny'.", "Did you mean 'tiny'? `scaffold list` shows all of them."):
        raise unknown("template", "tny", ["tiny", "base"], listing="`scaffold list` shows all of them.")


def test_a_far_word_is_not_guessed_at(refused: Refusal) -> None:
    """A word like none of the known ones gets the list only."""
    with refused(UsageError, "There is no option 'x'.", "See the list."):
        raise unknown("option", "x", ["loss", "owner"], listing="See the list.")
