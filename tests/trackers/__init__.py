"""Each tracker, by its real client: what it was told, read back with its own reader."""
