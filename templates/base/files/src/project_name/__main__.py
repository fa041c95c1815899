"""`python -m` on the package trains, as on its `train` module."""

from .train import main

if __name__ == "__main__":
    main()
