"""What metrics of numbers are made of."""
