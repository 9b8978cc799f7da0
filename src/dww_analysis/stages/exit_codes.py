"""With which code a job and a command end: what each means stands in the README."""

DONE, INTERNAL, BAD_INPUT, NOT_ALL_ESTIMATED, MACHINE = 0, 1, 2, 3, 4
INTERRUPTED = 130
