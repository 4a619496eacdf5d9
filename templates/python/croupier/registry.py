"""The functions and jobs of one service, and the versions before them."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from .definition import Definition
from .descriptor import LocalDescriptor, to_local_descriptor
from .errors import DescriptorError, NoEarlierVersionError, UnknownFunctionError
from .handler import BoundHandler, read_parameters

# So many versions before the present one can be gone back to.
KEPT_VERSIONS = 5


@dataclass(frozen=True)
class RegisteredFunction:
    """`source`: the function module that it is of, relative to the project; None: the app registered it itself."""

    descriptor: LocalDescriptor
    handler: BoundHandler
    source: str | None = None


@dataclass(frozen=True)
class VersionChange:
    """What took the place of what. `old_version` empty: the function is new; `new_version` empty: it is gone."""

    id: str
    old_version: str
    new_version: str


def build_function(definition: Definition, context: object, source: str | None = None) -> RegisteredFunction:
    """Checks everything that can be wrong with a function; DescriptorError at a mistake."""
    parameters = read_parameters(definition)
    descriptor = to_local_descriptor(definition.descriptor, parameters.input_model, parameters.output_model)
    return RegisteredFunction(descriptor, BoundHandler(definition, parameters, context), source)


class FunctionRegistry:
    """By id, in the order of their registration. Every change is one assignment: a call finds all of it or nothing."""

    def __init__(self) -> None:
        self._functions: dict[str, RegisteredFunction] = {}
        self._earlier: dict[str, deque[RegisteredFunction]] = {}

    def __len__(self) -> int:
        return len(self._functions)

    def __contains__(self, id: object) -> bool:
        return id in self._functions

    def find(self, id: str) -> RegisteredFunction | None:
        return self._functions.get(id)

    def get(self, id: str) -> RegisteredFunction:
        found = self._functions.get(id)
        if found is None:
            raise UnknownFunctionError(f"no function {id!r} is registered here")
        return found

    def all(self) -> list[RegisteredFunction]:
        return list(self._functions.values())

    def descriptors(self) -> list[LocalDescriptor]:
        return [one.descriptor for one in self._functions.values()]

    def add(self, added: RegisteredFunction) -> None:
        """DescriptorError where the id is taken."""
        if added.descriptor.id in self._functions:
            raise DescriptorError(f"function {added.descriptor.id} is registered already")
        self._functions = {**self._functions, added.descriptor.id: added}

    def swap(self, put: Iterable[RegisteredFunction], removed: Iterable[str] = ()) -> list[VersionChange]:
        """Puts functions in the place of those of the same ids, or beside them, and takes others away, in one step."""
        functions = dict(self._functions)
        changes: list[VersionChange] = []
        for id in removed:
            gone = functions.pop(id)
            self._earlier.pop(id, None)
            changes.append(VersionChange(id, gone.descriptor.version, ""))
        for one in put:
            id = one.descriptor.id
            old = functions.get(id)
            functions[id] = one
            if old is not None:
                self._earlier.setdefault(id, deque(maxlen=KEPT_VERSIONS)).append(old)
            changes.append(VersionChange(id, old.descriptor.version if old else "", one.descriptor.version))
        self._functions = functions
        return changes

    def roll_back(self, id: str) -> VersionChange:
        """Puts the version before the present one back; the present one is forgotten."""
        present = self.get(id)
        earlier = self._earlier.get(id)
        if not earlier:
            raise NoEarlierVersionError(f"there is no version of {id} before the present one")
        previous = earlier.pop()
        self._functions = {**self._functions, id: previous}
        return VersionChange(id, present.descriptor.version, previous.descriptor.version)
