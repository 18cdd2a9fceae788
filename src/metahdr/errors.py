"""Mistakes of the user and faults of their files, as opposed to faults of this program."""


class UserError(Exception):
    """Shown as its message alone, without a traceback; the message says what to do."""


class ImageError(UserError):
    """An image that cannot be taken; the message is one line that names the file and the reason."""
