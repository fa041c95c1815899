"""Which files of a series of checkpoints are kept, and which make room."""

from __future__ import annotations

from typing import NamedTuple


class KeptFile(NamedTuple):
    """A saved file and how long it is kept: the global step, or the score."""

    priority: float
    filename: str


class KeptFiles:
    """The files of highest priority.

    Args:
        at_most: how many; None keeps all.
        greater_or_equal: of two equal priorities the later one is kept.

    Attributes:
        files: from the lowest priority to the highest.

    Example:
        >>> kept = KeptFiles(at_most=1)
        >>> kept.add(KeptFile(0.5, "a.pt"))
        []
        >>> kept.has_room_for(0.5), kept.has_room_for(0.6)
        (False, True)
        >>> kept.add(KeptFile(0.6, "b.pt"))
        [KeptFile(priority=0.5, filename='a.pt')]
    """

    def __init__(self, at_most: int | None, *, greater_or_equal: bool = False) -> None:
        self.files: list[KeptFile] = []
        self._at_most = at_most
        self._greater_or_equal = greater_or_equal

    def has_room_for(self, priority: float) -> bool:
        """Whether a file of this priority would be kept."""
        if self._at_most is None or len(self.files) < self._at_most:
            return True
        worst = self.files[0].priority
        return priority > worst or (self._greater_or_equal and priority == worst)

    def add(self, new: KeptFile) -> list[KeptFile]:
        """Enters a file, and returns those that it replaces."""
        others = [file for file in self.files if file.filename != new.filename]
        excess = 0 if self._at_most is None else max(0, len(others) + 1 - self._at_most)
        self.files = sorted([*others[excess:], new], key=lambda file: file.priority)
        return others[:excess]
