"""What goes wrong, by name."""

from typing import Literal, get_args

StatusName = Literal[
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
]


class FunctionError(Exception):
    """Raised by a handler to answer with a status of its choice; anything else that it raises is answered INTERNAL.

    `raise FunctionError("NOT_FOUND", "no such player")`
    """

    def __init__(self, code: StatusName, message: str) -> None:
        if code not in get_args(StatusName):
            raise ValueError(f"{code!r} is not the name of a gRPC status, such as 'NOT_FOUND'")
        super().__init__(message)
        self.code = code
        self.message = message


class OptionError(ValueError):
    """An option that cannot be; the message names it and its value."""


class DescriptorError(ValueError):
    """A descriptor or a handler that cannot be registered; the message names the function and the way out."""


class UnknownFunctionError(LookupError):
    """No function of this id is registered."""


class NoEarlierVersionError(LookupError):
    """There is no version of the function to go back to."""


class ModuleLoadError(ImportError):
    """A function module that cannot be loaded; the message names its file and what it raised."""


class ServiceClosedError(RuntimeError):
    """The service is shutting down, or has."""
