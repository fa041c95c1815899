"""What metrics of detections are made of."""
