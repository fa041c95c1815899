"""Every combination of options that we offer: enumerated, rendered in bulk, and a cover of them tried for real."""
