"""What a run says at its end."""

from __future__ import annotations

from project_name.report import TERMINAL_WIDTH, in_lines


def test_many_metrics_fit_a_terminal() -> None:
    """Lines are no longer than a terminal's, and a name stays with its value."""
    metrics = {f"metric_{number}": number / 8 for number in range(12)}
    lines = in_lines("test", metrics).splitlines()
    assert len(lines) > 1
    assert all(len(line) <= TERMINAL_WIDTH for line in lines)
    pairs = [pair for line in lines for pair in line[9:].split("  ")]
    assert pairs == [f"{name} {value:.4f}" for name, value in metrics.items()]
