"""What metrics of texts are made of."""
