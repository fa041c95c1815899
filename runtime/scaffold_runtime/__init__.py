"""The runtime of generated projects: engine, metrics, handlers and `idist`. Needs torch and nothing else."""
