class InputError(ValueError):
    """Something the user gave cannot be used.

    The message is one line: what is wrong, where (file and line), what to do. The command line prints it and exits
    with status 1; no stack trace follows.
    """
