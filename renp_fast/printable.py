"""Texts that show what they hold."""


def printable(text: str, keep: str = "") -> str:
    """A text without control characters and others that do not show: they are escaped, but for those of ``keep``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)
