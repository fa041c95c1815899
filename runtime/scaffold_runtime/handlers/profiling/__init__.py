"""What serves handlers that measure time."""
