"""What serves the metrics: how they are attached, fed, merged over processes, and what several of them are made of."""
