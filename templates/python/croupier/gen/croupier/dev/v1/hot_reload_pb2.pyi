from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReloadRequest(_message.Message):
    __slots__ = ("paths", "functions")
    PATHS_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONS_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[str]
    functions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, paths: _Optional[_Iterable[str]] = ..., functions: _Optional[_Iterable[str]] = ...) -> None: ...

class ReloadResponse(_message.Message):
    __slots__ = ("reloaded", "failed", "needs_restart", "reason")
    RELOADED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    NEEDS_RESTART_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    reloaded: _containers.RepeatedCompositeFieldContainer[ReloadedFunction]
    failed: _containers.RepeatedCompositeFieldContainer[FailedFunction]
    needs_restart: bool
    reason: str
    def __init__(self, reloaded: _Optional[_Iterable[_Union[ReloadedFunction, _Mapping]]] = ..., failed: _Optional[_Iterable[_Union[FailedFunction, _Mapping]]] = ..., needs_restart: bool = ..., reason: _Optional[str] = ...) -> None: ...

class ReloadedFunction(_message.Message):
    __slots__ = ("id", "old_version", "new_version")
    ID_FIELD_NUMBER: _ClassVar[int]
    OLD_VERSION_FIELD_NUMBER: _ClassVar[int]
    NEW_VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    old_version: str
    new_version: str
    def __init__(self, id: _Optional[str] = ..., old_version: _Optional[str] = ..., new_version: _Optional[str] = ...) -> None: ...

class FailedFunction(_message.Message):
    __slots__ = ("id", "path", "error", "rolled_back")
    ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ROLLED_BACK_FIELD_NUMBER: _ClassVar[int]
    id: str
    path: str
    error: str
    rolled_back: bool
    def __init__(self, id: _Optional[str] = ..., path: _Optional[str] = ..., error: _Optional[str] = ..., rolled_back: bool = ...) -> None: ...

class RollbackRequest(_message.Message):
    __slots__ = ("function_id",)
    FUNCTION_ID_FIELD_NUMBER: _ClassVar[int]
    function_id: str
    def __init__(self, function_id: _Optional[str] = ...) -> None: ...

class RollbackResponse(_message.Message):
    __slots__ = ("id", "old_version", "new_version")
    ID_FIELD_NUMBER: _ClassVar[int]
    OLD_VERSION_FIELD_NUMBER: _ClassVar[int]
    NEW_VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    old_version: str
    new_version: str
    def __init__(self, id: _Optional[str] = ..., old_version: _Optional[str] = ..., new_version: _Optional[str] = ...) -> None: ...

class StatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StatusResponse(_message.Message):
    __slots__ = ("connection_status", "reconnect_count", "last_reconnect_unix_ms", "function_reloads", "config_reloads", "failed_reloads", "functions_count", "uptime_ms", "hot_paths", "languages")
    CONNECTION_STATUS_FIELD_NUMBER: _ClassVar[int]
    RECONNECT_COUNT_FIELD_NUMBER: _ClassVar[int]
    LAST_RECONNECT_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    FUNCTION_RELOADS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_RELOADS_FIELD_NUMBER: _ClassVar[int]
    FAILED_RELOADS_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONS_COUNT_FIELD_NUMBER: _ClassVar[int]
    UPTIME_MS_FIELD_NUMBER: _ClassVar[int]
    HOT_PATHS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    connection_status: str
    reconnect_count: int
    last_reconnect_unix_ms: int
    function_reloads: int
    config_reloads: int
    failed_reloads: int
    functions_count: int
    uptime_ms: int
    hot_paths: _containers.RepeatedScalarFieldContainer[str]
    languages: str
    def __init__(self, connection_status: _Optional[str] = ..., reconnect_count: _Optional[int] = ..., last_reconnect_unix_ms: _Optional[int] = ..., function_reloads: _Optional[int] = ..., config_reloads: _Optional[int] = ..., failed_reloads: _Optional[int] = ..., functions_count: _Optional[int] = ..., uptime_ms: _Optional[int] = ..., hot_paths: _Optional[_Iterable[str]] = ..., languages: _Optional[str] = ...) -> None: ...

class DrainRequest(_message.Message):
    __slots__ = ("timeout_ms",)
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    timeout_ms: int
    def __init__(self, timeout_ms: _Optional[int] = ...) -> None: ...

class DrainResponse(_message.Message):
    __slots__ = ("in_flight",)
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    in_flight: int
    def __init__(self, in_flight: _Optional[int] = ...) -> None: ...
