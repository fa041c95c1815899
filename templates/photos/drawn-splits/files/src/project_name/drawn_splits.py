"""Which files train, validate and test, where nobody has split them."""

from collections.abc import Sequence
from zlib import crc32


def draw_splits(names: Sequence[str]) -> dict[str, list[int]]:
    """The indices of the files that train, and of the tenths that validate and test.

    They are ranked by a checksum of their names: the same everywhere, and a file more moves few others.

    Raises:
        SystemExit: there are too few.
    """
    if len(names) < 3:
        raise SystemExit(
            f"Error: {len(names)} images are too few to split.\nHint:  One each trains, validates and tests."
        )
    ranked = sorted(range(len(names)), key=lambda index: (crc32(names[index].encode(errors="surrogateescape")), index))
    tenth = max(len(names) // 10, 1)
    parts = {"train": ranked[2 * tenth :], "val": ranked[:tenth], "test": ranked[tenth : 2 * tenth]}
    return {split: sorted(indices) for split, indices in parts.items()}
