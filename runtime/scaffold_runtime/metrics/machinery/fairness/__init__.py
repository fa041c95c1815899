"""What metrics of groups are made of."""
