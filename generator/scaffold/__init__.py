"""Writes PyTorch training projects from layered templates. Never imports torch."""

__version__ = "0.2.0"
