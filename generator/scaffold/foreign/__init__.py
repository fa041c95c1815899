"""Templates from elsewhere: brought here, looked at with suspicion, and rendered.

One with a `layer.toml` is one of ours. One with a `cookiecutter.json` is rendered by cookiecutter, in a process and a
home of its own, once its user has agreed to run its code.
"""
