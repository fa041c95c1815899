"""Data sets of Hugging Face, by their names on the hub, or from folders."""

from collections.abc import Mapping

from datasets import Dataset, DatasetDict, load_dataset

from scaffold_runtime import distributed as idist

from .hub_access import look_for_hub

SPLITS = ("train", "validation", "test")  # of what a data set has; others are left alone


def read_splits(name: str, subset: str | None, columns: Mapping[str, str]) -> dict[str, Dataset]:
    """The splits of a data set, downloaded if they are not there yet; `train` is one of them.

    Args:
        name: on the hub, or a folder.
        subset: which of its configurations, where it has several.
        columns: what each split must have, by what it is for: `--data.text-column` names the one of "text".

    Raises:
        SystemExit: it cannot be had, or has no such columns.
    """
    look_for_hub(name)
    try:
        with idist.one_rank_first(local=True):  # one process of a machine downloads
            found = load_dataset(name, subset)
    except (OSError, ValueError, RuntimeError) as error:  # a wrong name, no network, files that are no data
        reason = " ".join(str(error).split()).rstrip(".")
        raise SystemExit(
            f"Error: The data set '{name}' cannot be loaded: {reason}.\n"
            "Hint:  Is its name right, and is there a network? --data.dataset may be a folder too."
        ) from None
    if not isinstance(found, DatasetDict) or "train" not in found:
        raise SystemExit(f"Error: The data set '{name}' has no split 'train'; it has {list(found)}.")
    splits = {split: found[split] for split in SPLITS if split in found}
    for split, rows in splits.items():
        for purpose, column in columns.items():
            if column not in rows.column_names:
                raise SystemExit(
                    f"Error: The split '{split}' of '{name}' has no column '{column}'; it has {rows.column_names}.\n"
                    f"Hint:  --data.{purpose}-column names the column of the {purpose}s."
                )
    return splits
