"""What every error of ours is. By itself, so that reading the settings does not load the whole domain."""


class BridgeError(Exception):
    """Something that Escalation Bridge names and its callers can act on.

    Raised without words, it says the first line of its docstring: message, log line and documentation are one text.
    """

    def __str__(self) -> str:
        return super().__str__() or (self.__doc__ or "").strip().partition("\n")[0]
