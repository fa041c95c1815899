"""What metrics of generated samples are made of."""
