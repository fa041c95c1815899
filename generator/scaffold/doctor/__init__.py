"""What a project needs to run, looked for on the machine that is to run it."""
