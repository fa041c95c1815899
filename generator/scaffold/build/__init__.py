"""From what was chosen to the files of a project, in memory."""
