"""Loads modules anew: all of a batch, or none."""

import importlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any


@dataclass(frozen=True)
class LoadFailure:
    """`path`: the file that could not be loaded. `cause`: what it raised."""

    path: Path
    cause: BaseException


class ModuleBatch:
    """New instances of modules in the place of those in sys.modules, until they are kept or taken back.

    Nothing is reloaded in place, as importlib.reload does: a handler under way would see the globals of the new one.
    """

    def __init__(self, files: Sequence[tuple[str, Path]], gone: Sequence[str] = ()) -> None:
        """`files`: names and files, what is imported before what imports it. `gone`: modules whose file is no more."""
        self._files = dict(files)
        names = [*self._files, *gone]
        self._replaced = {name: sys.modules[name] for name in names if name in sys.modules}
        self._names = names

    def load(self) -> LoadFailure | None:
        """Loads all of them; a failure has put the old ones back."""
        for name in self._names:
            sys.modules.pop(name, None)
            _unbind(name)
        finder = _FreshFinder(self._files)
        sys.meta_path.insert(0, finder)
        importlib.invalidate_caches()
        try:
            for name, path in self._files.items():
                try:
                    importlib.import_module(name)
                except (Exception, SystemExit) as error:
                    self.restore()
                    return LoadFailure(_culprit(error, self._files.values()) or path, error)
        finally:
            sys.meta_path.remove(finder)
        for name in self._files:
            _bind_children(name)
        return None

    def modules(self) -> list[ModuleType]:
        return [sys.modules[name] for name in self._files]

    def restore(self) -> None:
        """Puts the old modules back, and takes away those that are new."""
        for name in self._names:
            sys.modules.pop(name, None)
            _unbind(name)
        for name, module in self._replaced.items():
            sys.modules[name] = module
            _bind(name, module)


class _FreshFinder(MetaPathFinder):
    """Finds the modules of a batch, whoever imports them."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        file = self._files.get(fullname)
        if file is None:
            return None
        return importlib.util.spec_from_file_location(
            fullname,
            file,
            loader=_FreshLoader(fullname, str(file)),
            submodule_search_locations=[str(file.parent)] if file.name == "__init__.py" else None,
        )


class _FreshLoader(SourceFileLoader):
    """Compiles the source as it is now. Cached bytecode is told from its source by size and second of writing, and two
    edits within a second often leave the size as it was."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def _culprit(error: BaseException, files: Any) -> Path | None:
    """The innermost file of the batch that was being loaded when the error was raised."""
    if isinstance(error, SyntaxError) and error.filename is not None and Path(error.filename) in files:
        return Path(error.filename)
    found: Path | None = None
    frame = error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        if code.co_name == "<module>" and Path(code.co_filename) in files:
            found = Path(code.co_filename)
        frame = frame.tb_next
    return found


def _bind(name: str, module: ModuleType) -> None:
    """A module is an attribute of its package."""
    package, _, child = name.rpartition(".")
    if package in sys.modules:
        setattr(sys.modules[package], child, module)


def _unbind(name: str) -> None:
    package, _, child = name.rpartition(".")
    if package in sys.modules and isinstance(getattr(sys.modules[package], child, None), ModuleType):
        delattr(sys.modules[package], child)


def _bind_children(name: str) -> None:
    """A package that was loaded anew does not know of those of its modules that stayed."""
    for other, module in list(sys.modules.items()):
        if other.rpartition(".")[0] == name and module is not None:
            _bind(other, module)
