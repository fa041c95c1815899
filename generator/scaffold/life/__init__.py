"""A project on disk over time: how it is written, what it remembers, how it changes."""
