"""What only serves checkpoints: files that are there whole or not at all, and states that go into them."""
