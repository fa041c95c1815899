"""One computation model for each way in which processes may talk to each other."""
