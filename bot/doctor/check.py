"""What every check answers."""

Check = tuple[bool, str]
"""Whether it is well, and a sentence."""
