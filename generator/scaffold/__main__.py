"""`python -m scaffold` is the command `scaffold`."""

from .cli.app import main

main()
