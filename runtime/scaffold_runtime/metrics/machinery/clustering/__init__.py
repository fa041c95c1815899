"""What metrics of clusters are made of."""
