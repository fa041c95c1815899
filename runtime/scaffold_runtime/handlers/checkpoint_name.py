"""File names of checkpoints: what is known of each, in Ignite's order."""

from __future__ import annotations


def checkpoint_name(
    pattern: str | None,
    *,
    prefix: str,
    name: str,
    global_step: int | None,
    score_name: str | None,
    score: str | float | None,
    ext: str,
) -> str:
    """The file name; without a pattern it has the parts that there are.

    Example:
        >>> known = {"prefix": "best", "name": "model", "global_step": 9, "score_name": None, "score": None}
        >>> checkpoint_name(None, **known, ext="pt")
        'best_model_9.pt'
    """
    pattern = pattern or setup_filename_pattern(
        with_prefix=bool(prefix),
        with_score=score is not None,
        with_score_name=score is not None and score_name is not None,
        with_global_step=global_step is not None,
    )
    return pattern.format(
        filename_prefix=prefix, name=name, global_step=global_step, score_name=score_name, score=score, ext=ext
    )


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
