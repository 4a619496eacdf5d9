from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RegisterLocalRequest(_message.Message):
    __slots__ = ("service_id", "version", "rpc_addr", "functions")
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RPC_ADDR_FIELD_NUMBER: _ClassVar[int]
    FUNCTIONS_FIELD_NUMBER: _ClassVar[int]
    service_id: str
    version: str
    rpc_addr: str
    functions: _containers.RepeatedCompositeFieldContainer[LocalFunctionDescriptor]
    def __init__(self, service_id: _Optional[str] = ..., version: _Optional[str] = ..., rpc_addr: _Optional[str] = ..., functions: _Optional[_Iterable[_Union[LocalFunctionDescriptor, _Mapping]]] = ...) -> None: ...

class LocalFunctionDescriptor(_message.Message):
    __slots__ = ("id", "version", "tags", "summary", "description", "operation_id", "deprecated", "input_schema", "output_schema", "category", "risk", "entity", "operation")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    DEPRECATED_FIELD_NUMBER: _ClassVar[int]
    INPUT_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    RISK_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    id: str
    version: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    summary: str
    description: str
    operation_id: str
    deprecated: bool
    input_schema: str
    output_schema: str
    category: str
    risk: str
    entity: str
    operation: str
    def __init__(self, id: _Optional[str] = ..., version: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., summary: _Optional[str] = ..., description: _Optional[str] = ..., operation_id: _Optional[str] = ..., deprecated: bool = ..., input_schema: _Optional[str] = ..., output_schema: _Optional[str] = ..., category: _Optional[str] = ..., risk: _Optional[str] = ..., entity: _Optional[str] = ..., operation: _Optional[str] = ...) -> None: ...

class RegisterLocalResponse(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    def __init__(self, session_id: _Optional[str] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ("service_id", "session_id")
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    service_id: str
    session_id: str
    def __init__(self, service_id: _Optional[str] = ..., session_id: _Optional[str] = ...) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListLocalRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListLocalResponse(_message.Message):
    __slots__ = ("functions",)
    FUNCTIONS_FIELD_NUMBER: _ClassVar[int]
    functions: _containers.RepeatedCompositeFieldContainer[LocalFunction]
    def __init__(self, functions: _Optional[_Iterable[_Union[LocalFunction, _Mapping]]] = ...) -> None: ...

class LocalFunction(_message.Message):
    __slots__ = ("id", "instances")
    ID_FIELD_NUMBER: _ClassVar[int]
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    id: str
    instances: _containers.RepeatedCompositeFieldContainer[LocalInstance]
    def __init__(self, id: _Optional[str] = ..., instances: _Optional[_Iterable[_Union[LocalInstance, _Mapping]]] = ...) -> None: ...

class LocalInstance(_message.Message):
    __slots__ = ("service_id", "addr", "version", "last_seen")
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    ADDR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_FIELD_NUMBER: _ClassVar[int]
    service_id: str
    addr: str
    version: str
    last_seen: str
    def __init__(self, service_id: _Optional[str] = ..., addr: _Optional[str] = ..., version: _Optional[str] = ..., last_seen: _Optional[str] = ...) -> None: ...

class GetJobResultRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class GetJobResultResponse(_message.Message):
    __slots__ = ("state", "payload", "error")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    state: str
    payload: bytes
    error: str
    def __init__(self, state: _Optional[str] = ..., payload: _Optional[bytes] = ..., error: _Optional[str] = ...) -> None: ...
