"""What authors of templates need: a start, and a look at every project that a template can make."""
