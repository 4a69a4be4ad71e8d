"""Pure decisions: no I/O, no clock, no framework.

Every function here gets what it needs as arguments (the instant included) and returns a value, so that a stored
decision can be judged again, byte for byte, from its stored inputs.
"""
