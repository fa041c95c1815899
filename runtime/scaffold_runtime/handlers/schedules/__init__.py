"""What `handlers.param_scheduler` lists: schedules of values, a file for each kind."""
