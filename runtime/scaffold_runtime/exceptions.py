"""Errors that the runtime's parts have in common."""

from __future__ import annotations


class NotComputableError(RuntimeError):
    """A metric has seen nothing from which its value could be computed."""
