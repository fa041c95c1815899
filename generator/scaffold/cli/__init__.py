"""The command line: words and a terminal on one side, the pure generator on the other.

`app` is the front door, `commands` lists the commands, and each command is a file. Everything heavy
(templates, rendering, questions) is imported inside the command that needs it, so that help is instant.
"""
