"""What somebody's own data are, and which template and options fit them: `scaffold new --data PATH`.

A file for each kind of data, whose function looks at names first and then at a bounded sample of contents. What it
finds is a `Finding`; templates know nothing of this package, and it nothing of them but their names.
"""
