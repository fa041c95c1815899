"""What templates offer, and what was chosen of it."""
