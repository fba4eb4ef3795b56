"""What a program may use, and how it is stopped.

Every limit counts something that is the same on every machine: characters, bits, elements, steps. None is a
time. Whatever can grow is measured before it is computed, not after.
"""

# Source, checked before it is parsed
MAX_CHARACTERS = 8192
MAX_LINES = 400
MAX_LINE_CHARACTERS = 2000  # the parser recurses along a line
MAX_BRACKETS = 60  # open at once
MAX_SIGNS = 60  # one after the other: ----1, not not not x

# Syntax tree of one step
MAX_DEPTH = 100

# Values
MAX_BITS = 4096  # of an integer
TOO_LARGE = 1 << MAX_BITS
MAX_ELEMENTS = 10_000  # of one list
MAX_CELLS = 100_000  # of all lists that a program makes, together
MAX_VARIABLES = 256

# Running
MAX_STEPS = 20_000
MAX_CALLS = 16  # one inside the other
MAX_NESTING = 250  # depths of the functions that are running, added: Python's own stack ends near 1000 frames


class Stopped(Exception):
    """The program has no outcome that counts: it is wrong, or not one of ours."""


class OutOfSteps(Exception):
    """The program did more than MAX_STEPS; it may or may not have ended."""
