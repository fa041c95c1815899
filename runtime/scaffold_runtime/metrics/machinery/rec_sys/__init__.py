"""What metrics of rankings are made of."""
