"""The function modules of a service: loading them, and loading again what a change concerns."""

import builtins
import logging
import os
import sys
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath
from types import ModuleType

from .definition import Definition, definition_of
from .errors import DescriptorError, ModuleLoadError
from .import_graph import ImportGraph
from .load_error import describe_load_error, without_loader
from .module_loader import LoadFailure, ModuleBatch
from .project_files import ProjectFiles
from .registry import FunctionRegistry, RegisteredFunction, build_function
from .reload_result import FailedFunction, ReloadResult

logger = logging.getLogger("croupier")


class FunctionModules:
    """Loading is plain code, to be run in a thread: other calls go on meanwhile. One load at a time."""

    def __init__(self, files: ProjectFiles, registry: FunctionRegistry, context: object) -> None:
        self._files = files
        self._registry = registry
        self._context = context
        # What modules outside of the functions import, by their files. They are loaded once, so this holds.
        self._outside: dict[str, set[Path]] = {}
        # Changes of reloads that failed: the files are newer than what serves, and go along with the next change.
        self._pending: set[Path] = set()

    @property
    def hot_paths(self) -> list[str]:
        """Patterns of the files that reload() can take."""
        pattern = f"{self._files.tell(self._files.functions)}/**/*.py"
        outside = (path for path in self._known(ImportGraph(self._files)) if not self._files.is_function_file(path))
        return [pattern, *sorted(self._files.tell(path) for path in outside)]

    def load_all(self) -> None:
        """Loads and registers what is there. ModuleLoadError or DescriptorError where that cannot be done."""
        wanted = self._files.function_files()
        graph = ImportGraph(self._files)
        order = graph.dependents(wanted, graph.closure(wanted))
        named = [(self._files.module_name(path), path) for path in order]
        batch = ModuleBatch([(name, path) for name, path in named if name not in sys.modules])
        failure = batch.load()
        if failure is not None:
            told = self._files.tell(failure.path)
            raise ModuleLoadError(f"{told}: {describe_load_error(failure.cause, self._files)}") from failure.cause
        try:
            for name, path in named:
                for definition in _definitions(sys.modules[name]):
                    self._registry.add(build_function(definition, self._context, self._files.tell(path)))
        except DescriptorError:
            batch.restore()
            raise

    def reload(self, paths: Iterable[str], ids: Collection[str] = ()) -> ReloadResult:
        """Loads changed files and what imports them again, and puts their functions in the place of the old ones."""
        unknown = [id for id in ids if id not in self._registry]
        if unknown:
            error = "no such function is registered here"
            return ReloadResult(failed=tuple(FailedFunction(id, "", error, False) for id in unknown))
        sources = {id: self._registry.get(id).source for id in ids}
        for id, source in sources.items():
            if source is None:
                return _needs_restart(f"{id} is registered by the app itself, not by a function module")
        told = [*paths, *(source for source in sources.values() if source is not None)]
        changed = {(self._files.folder / PurePosixPath(path)).resolve() for path in told}
        graph = ImportGraph(self._files)
        known = self._known(graph) | {path for path in changed if self._files.is_function_file(path)}
        for path in sorted(changed - known):
            return _needs_restart(f"{self._files.tell(path)} is not a function module, and none imports it")
        stale = self._stale_outside(set(graph.dependents(changed, known)), known)
        if stale is not None:
            return _needs_restart(stale)
        return self._load_with_pending(graph, changed, known)

    def _load_with_pending(self, graph: ImportGraph, changed: set[Path], known: set[Path]) -> ReloadResult:
        """A change that failed before is tried again with the next one. Where that one has nothing to do with it, it is
        taken without."""
        everything, related = changed | self._pending, self._related(graph, changed, known)
        result = self._load(graph.dependents(everything, known | everything))
        taken = everything
        if result.failed and related != everything:
            result = self._load(graph.dependents(related, known))
            taken = related
        self._pending = everything if result.failed else self._pending - taken
        return result

    def _related(self, graph: ImportGraph, changed: set[Path], known: set[Path]) -> set[Path]:
        """The changes, and those of the pending ones that are loaded along with them: nobody gets one half of both."""
        related = changed
        while True:
            more = related | self._pending & graph.closure(graph.dependents(related, known))
            if more == related:
                return related
            related = more

    def _load(self, order: list[Path]) -> ReloadResult:
        present = [(self._files.module_name(path), path) for path in order if path.is_file()]
        gone = [path for path in order if not path.is_file()]
        batch = ModuleBatch(present, [self._files.module_name(path) for path in gone])
        failure = batch.load()
        if failure is not None:
            error = describe_load_error(failure.cause, self._files)
            cause = without_loader(failure.cause, self._files)
            logger.warning("%s cannot be loaded", self._files.tell(failure.path), exc_info=cause)
            return self._fail(order, failure.path, error)
        built = self._build(batch.modules(), [path for _, path in present])
        if isinstance(built, LoadFailure):
            batch.restore()
            return self._fail(order, built.path, str(built.cause))
        ids = {one.descriptor.id for one in built}
        told = {self._files.tell(path) for path in gone}
        missing = [one for one in self._of(order) if one.descriptor.id not in ids]
        for one in missing:
            if one.source not in told:
                batch.restore()
                return self._fail(
                    order,
                    self._files.folder / str(one.source),
                    f"{one.source} has no function {one.descriptor.id} any more; taking it away needs a restart",
                )
        return ReloadResult(reloaded=tuple(self._registry.swap(built, [one.descriptor.id for one in missing])))

    def _build(self, modules: list[ModuleType], paths: list[Path]) -> list[RegisteredFunction] | LoadFailure:
        built: dict[str, RegisteredFunction] = {}
        replaced = {self._files.tell(path) for path in paths}
        for module, path in zip(modules, paths, strict=True):
            try:
                for definition in _definitions(module):
                    one = build_function(definition, self._context, self._files.tell(path))
                    id = one.descriptor.id
                    other = built.get(id) or self._registry.find(id)
                    stays = other is not None and other.source not in replaced and self._is_there(other)
                    if other is not None and (id in built or stays):
                        owner = other.source or "the app itself"
                        raise DescriptorError(f"function {id} is registered already by {owner}")
                    built[id] = one
            except DescriptorError as error:
                return LoadFailure(path, error)
        return list(built.values())

    def _is_there(self, registered: RegisteredFunction) -> bool:
        """Whether a function's module is still there: a file that was renamed takes its functions along."""
        return registered.source is None or (self._files.folder / registered.source).is_file()

    def _fail(self, order: list[Path], path: Path, error: str) -> ReloadResult:
        """Nothing of a batch is taken when a part of it fails."""
        told = self._files.tell(path)
        ids = [one.descriptor.id for one in self._of(order)]
        failed = [FailedFunction(id, told, error, True) for id in ids] or [FailedFunction("", told, error, True)]
        return ReloadResult(failed=tuple(failed))

    def _of(self, order: list[Path]) -> list[RegisteredFunction]:
        told = {self._files.tell(path) for path in order}
        return [one for one in self._registry.all() if one.source in told]

    def _known(self, graph: ImportGraph) -> set[Path]:
        """Function modules, those that were deleted too, and what they import."""
        loaded = {self._files.folder / one.source for one in self._registry.all() if one.source is not None}
        return graph.closure({*self._files.function_files(), *loaded})

    def _stale_outside(self, reloaded: set[Path], known: set[Path]) -> str | None:
        """A module that is loaded only once, such as the app's main, would go on with the old ones."""
        prefix = f"{self._files.folder}{os.sep}"
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if not isinstance(file, str) or not file.startswith(prefix):
                continue
            imported = self._outside.get(file)
            if imported is None:
                if Path(file) in known:
                    continue
                imported = self._outside[file] = self._imports_of_loaded(Path(file))
            stale = sorted(imported & reloaded)
            if stale:
                importer = self._files.tell(Path(file))
                return f"{self._files.tell(stale[0])} is imported by {importer}, which is loaded only once"
        return None

    def _imports_of_loaded(self, path: Path) -> set[Path]:
        return self._files.imports_of(path) if path.suffix == ".py" and self._files.owns(path) else set()


def _definitions(module: ModuleType) -> list[Definition]:
    """The functions of a module, in the order of its source; those that it imports are another's."""
    # By identity: one function can have two names.
    values = {builtins.id(value): value for value in vars(module).values()}.values()
    found = (definition_of(value) for value in values)
    return [one for one in found if one is not None and one.handler.__module__ == module.__name__]


def _needs_restart(reason: str) -> ReloadResult:
    return ReloadResult(needs_restart=True, reason=reason)
