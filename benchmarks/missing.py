"""Peers that cannot run here."""


class MissingError(Exception):
    """A peer that cannot run here; the message is the reason."""
