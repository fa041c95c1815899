"""Names of checkpoints in a folder: how each is made, in Ignite's order, and which of a series are kept."""

import re
from typing import NamedTuple


def setup_filename_pattern(
    with_prefix: bool = True, with_score: bool = True, with_score_name: bool = True, with_global_step: bool = True
) -> str:
    """The pattern of file names with these parts.

    Raises:
        ValueError: neither score nor step is in it, or the name of a score without the score.

    Example:
        >>> setup_filename_pattern()
        '{filename_prefix}_{name}_{global_step}_{score_name}={score}.{ext}'
    """
    if not (with_global_step or with_score):
        raise ValueError("A file name needs the global step or the score, or all files would have the same one.")
    if with_score_name and not with_score:
        raise ValueError("A score's name in a file name needs the score beside it: give `with_score=True`.")
    parts = {
        "{filename_prefix}": with_prefix,
        "{name}": True,
        "{global_step}": with_global_step,
        "{score_name}={score}": with_score_name,
        "{score}": with_score and not with_score_name,
    }
    return "_".join(part for part, wanted in parts.items() if wanted) + ".{ext}"


def safe_in_filename(text: str) -> str:
    """What stands for `text` in the name of a file: a name with a slash in it would be one of a folder.

    Example:
        >>> safe_in_filename("val/acc")
        'val_acc'
    """
    return re.sub(r'[/\\:*?"<>|\0]', "_", text)


class KeptFile(NamedTuple):
    """A saved file and how long it is kept: the global step, or the score."""

    priority: float
    filename: str


class Retention:
    """The files of highest priority.

    Attributes:
        files: from the lowest priority to the highest.

    Example:
        >>> kept = Retention()
        >>> kept.add(KeptFile(0.5, "a.pt"), at_most=1)
        []
        >>> kept.has_room_for(0.5, at_most=1), kept.has_room_for(0.6, at_most=1)
        (False, True)
        >>> kept.add(KeptFile(0.6, "b.pt"), at_most=1)
        [KeptFile(priority=0.5, filename='a.pt')]
    """

    def __init__(self) -> None:
        self.files: list[KeptFile] = []

    def has_room_for(self, priority: float, at_most: int | None, *, or_equal: bool = False) -> bool:
        """Whether a file of this priority would be kept; with `or_equal` also in the place of an equal one."""
        if at_most is None or len(self.files) < at_most:
            return True
        worst = self.files[0].priority
        return priority > worst or (or_equal and priority == worst)

    def add(self, new: KeptFile, at_most: int | None) -> list[KeptFile]:
        """Enters a file, and returns those that go for it; `at_most` stay, or all."""
        others = [file for file in self.files if file.filename != new.filename]
        excess = 0 if at_most is None else max(0, len(others) + 1 - at_most)
        self.files = sorted([*others[excess:], new], key=lambda file: file.priority)
        return others[:excess]
