"""Looks at a path and says which template fits it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import UsageError
from . import coco, idx_files, image_folder, image_masks, loose_images, text_files
from .finding import Finding, Tick, examples, given, many
from .labelled_table import TABULAR, TEXT, find_table, refuse_tables
from .names import MOST_FILES, Names, read_names, without_wrapping
from .pictures import is_image
from .table import is_table

FOLDERS: Sequence[tuple[str, Callable[[Names, Tick], Finding | None]]] = (
    (image_masks.TEMPLATE, image_masks.find_image_masks),
    (coco.TEMPLATE, coco.find_coco),
    (idx_files.TEMPLATE, idx_files.find_idx_files),
    (image_folder.TEMPLATE, image_folder.find_image_folder),
    (loose_images.TEMPLATE, loose_images.find_loose_images),
)
"""Kinds of folders, and the template that reads each; the first that knows a folder has it."""
KNOWN = (
    "It knows images (by class, with masks, or as they are), COCO's JSON, idx files, tables (CSV, TSV, Parquet) "
    "and text files."
)


def inspect(
    path: Path, *, template: str | None = None, said: Mapping[str, str], tick: Tick = lambda _: None
) -> Finding:
    """What is at a path, and the template and answers that fit it.

    Args:
        path: a folder or a file.
        template: the one that was asked for; only data for it will do.
        said: options that were answered by words, such as `target_column`.
        tick: hears what is being looked at, now and then.

    Raises:
        UsageError: nothing is there, or nothing that a project can read.
        Unclear: one more answer is needed.
    """
    place = Path(os.path.realpath(os.path.expanduser(path)))
    if not (place.is_dir() or place.is_file()):
        raise UsageError(f"There is no folder or file at '{path}'.", "`--data` names one.")
    if not os.access(place, os.R_OK):
        raise UsageError(f"'{path}' cannot be read.", "Check its permissions.")
    finding = _in_folder(place, template, said, tick) if place.is_dir() else _in_file(place, template, said, tick)
    chosen = finding.answers["data_path"]
    if chosen != chosen.encode(errors="replace").decode():
        raise UsageError(f"{chosen!a} is not spelt in UTF-8.", "Rename it: a project's code cannot name it.")
    if template not in (None, finding.template):
        raise UsageError(
            f"'{path}' holds data for the template '{finding.template}', and '{template}' is asked for.",
            "Leave `--template` out, or name other data.",
        )
    return finding


def _in_file(path: Path, template: str | None, said: Mapping[str, str], tick: Tick) -> Finding:
    if is_table(path.name) and template != text_files.TEMPLATE:
        wanted = template if template in (TEXT, TABULAR) else None
        return find_table(path, template=wanted, said=said, tick=tick)
    if path.suffix.lower() == ".json" and coco.looks_like_coco(path):
        return _in_folder(path.parent, coco.TEMPLATE, said, tick)
    if finding := text_files.find_text_file(path):
        return finding
    raise UsageError(f"'{path}' is none of the data that `--data` knows: it is no text, and no table.", KNOWN)


def _in_folder(path: Path, template: str | None, said: Mapping[str, str], tick: Tick) -> Finding:
    names = without_wrapping(read_names(path, tick))
    files = sum(len(each) for each in names.folders.values())
    if not files:
        raise UsageError(f"'{path}' holds no visible file.", "`--data` names the folder or the file of the data.")
    finding = _known(names, template, said, tick)
    if finding is None:
        kinds = ", ".join(
            f"{count:,} {suffix or 'without a suffix'}" for suffix, count in names.suffixes().most_common(5)
        )
        raise UsageError(
            f"'{path}' is none of the data that `--data` knows: it holds {many(files, 'file')} ({kinds})"
            f"{_where(names)}.",
            KNOWN,
        )
    note = f"Only the first {MOST_FILES:,} files were looked at."
    closed = f"{many(len(names.closed), 'folder')} cannot be looked into: {examples(names.closed)}."
    return replace(
        finding,
        seen=[*finding.seen, *given(not names.whole, note)],
        problems=[*finding.problems, *given(names.closed, closed)],
    )


def _known(names: Names, template: str | None, said: Mapping[str, str], tick: Tick) -> Finding | None:
    """The first kind that knows the folder; the one of the template before others."""
    for kind, find in sorted(FOLDERS, key=lambda kind: kind[0] != template):
        if kind == loose_images.TEMPLATE and template not in (None, kind):
            continue  # any images would do, so that nothing was said about what the template misses
        if finding := find(names, tick):
            return finding
    tables = [name for name in names.below() if is_table(name)]
    if tables and template != text_files.TEMPLATE:
        if len(tables) > 1:
            raise refuse_tables(names.root, tables)
        return find_table(
            names.root / tables[0], template=template if template in (TEXT, TABULAR) else None, said=said, tick=tick
        )
    return text_files.find_text_files(names, tick)


def _where(names: Names) -> str:
    """What is said of images that lie in no folders of classes."""
    has_images = any(is_image(name) for name in names.below())
    return ", and its images do not lie in two folders of classes or more" if has_images else ""
