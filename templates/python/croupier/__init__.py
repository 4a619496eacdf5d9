"""The Croupier SDK for Python: a game server whose functions are called through an agent, and replaced while it runs.

It belongs to your project; `croupier init --update-sdk` brings a newer one.
"""

from . import events
from .call import CallContext, JobContext
from .definition import Definition, function, job
from .descriptor import FunctionDescriptor
from .errors import (
    DescriptorError,
    FunctionError,
    ModuleLoadError,
    NoEarlierVersionError,
    OptionError,
    ServiceClosedError,
    UnknownFunctionError,
)
from .registry import VersionChange
from .reload_result import FailedFunction, ReloadResult, ReloadStatus
from .service import Service
from .settings import ConfigChange, ServiceOptions

__version__ = "0.1.0"

__all__ = [
    "CallContext",
    "ConfigChange",
    "Definition",
    "DescriptorError",
    "FailedFunction",
    "FunctionDescriptor",
    "FunctionError",
    "JobContext",
    "ModuleLoadError",
    "NoEarlierVersionError",
    "OptionError",
    "ReloadResult",
    "ReloadStatus",
    "Service",
    "ServiceClosedError",
    "ServiceOptions",
    "UnknownFunctionError",
    "VersionChange",
    "events",
    "function",
    "job",
]
