"""Images without classes, masks or boxes: `vision-dcgan` makes more of their kind."""

from __future__ import annotations

from .copies import find_copies
from .finding import Finding, Tick, given, leaks, many, split_sentence
from .names import Names
from .pictures import is_image, look, mixed_channels, other_images, unreadable_images

TEMPLATE = "vision-dcgan"
SIZES = (8, 16, 32, 64)
"""What networks that double sizes can make; 128 takes a GPU, and is left to who has one."""
FEWEST = 10


def find_loose_images(names: Names, tick: Tick) -> Finding | None:
    """What a folder that is mostly images is, or None if it is not."""
    images = [name for name in names.below() if is_image(name)]
    if len(images) <= sum(map(len, names.folders.values())) / 2:
        return None
    looked = look(names.root, images, tick)
    size = max((size for size in SIZES if size <= looked.shorter_side), default=min(SIZES))
    copies = find_copies(names.root, images, tick)
    return Finding(
        TEMPLATE,
        {"dataset": "imagefolder", "data_path": str(names.root), "image_size": str(size)},
        [
            split_sentence(many(len(images), "image"), {"": len(images)}),
            f"{looked.size_sentence()}; the project scales them to {size} x {size}, in colour.",
            *copies.notes,
        ],
        [
            *given(len(images) < FEWEST, f"{many(len(images), 'image')} are too few: a run wants {FEWEST} at least."),
            *unreadable_images(looked),
            *mixed_channels(looked),
            *leaks(copies.groups, dict.fromkeys(images, "")),
            *other_images(names),
        ],
    )
