"""What serves handlers that try things out: learning rates, batch sizes."""
