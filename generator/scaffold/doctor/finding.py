"""What was found of one thing: good, wrong, or worth knowing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "wrong", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what it is about.
        state: `wrong` if something needs its owner; `note` if it may be as it is.
        message: a sentence.
        command: what mends it, or shows more.
    """

    subject: str
    state: State
    message: str
    command: str | None = None
