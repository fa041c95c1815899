"""Times as statistics, and statistics as tables."""

import csv
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast


def write_csv(path: str | Path, heads: Sequence[str], rows: Iterable[Sequence[float]]) -> None:
    """Writes a table."""
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(rows)


def stats(times: Sequence[float]) -> dict[str, Any]:
    """Total, least and most with their places, mean and standard deviation of times above 0."""
    times = [seconds for seconds in times if seconds > 0]
    if not times:
        return {"total": "not yet triggered"}
    if len(times) == 1:
        return {"total": times[0]}
    least, most = min(times), max(times)
    return {
        "total": sum(times),
        "min/index": (least, times.index(least)),
        "max/index": (most, times.index(most)),
        "mean": statistics.fmean(times),
        "std": statistics.stdev(times),
    }


def rounded_stats(times: Sequence[float]) -> list[Any]:
    """The same as the cells of a row."""
    times = [seconds for seconds in times if seconds > 0]
    if not times:
        return ["not triggered", ("None", "None"), ("None", "None"), "None", "None"]
    least, most = min(times), max(times)
    return [
        round(sum(times), 5),
        (round(least, 5), times.index(least)),
        (round(most, 5), times.index(most)),
        round(statistics.fmean(times), 5),
        round(statistics.stdev(times), 5) if len(times) > 1 else "None",
    ]


def line_of(stats: Mapping[str, Any]) -> str:
    """Statistics as a line."""
    return " | ".join(_cell(value) for value in stats.values())


def _cell(value: Any) -> str:
    if isinstance(value, tuple):
        seconds, place = cast("tuple[float, int]", value)
        return f"{seconds:.5f}/{place}"
    return value if isinstance(value, str) else f"{value:.5f}"


def cell_of(value: Any) -> str:
    """A time with its place, or whatever it is."""
    return "/".join(map(str, cast("tuple[Any, ...]", value))) if isinstance(value, tuple) else str(value)


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Cells as a line of columns."""
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
