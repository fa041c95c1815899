"""The two time profilers, a file each, and what handlers that measure time stand on."""
