"""Everything that changes functions while they serve: one change at a time, and what is told and counted of it."""

import asyncio
from collections.abc import Callable, Collection, Sequence

from . import events
from .definition import Definition
from .errors import DescriptorError
from .function_modules import FunctionModules
from .listeners import Listeners
from .registry import FunctionRegistry, VersionChange, build_function
from .reload_result import FailedFunction, ReloadResult


class Reloads:
    """`registration_changed`: called once for a change of what is registered."""

    def __init__(
        self,
        registry: FunctionRegistry,
        modules: FunctionModules | None,
        context: object,
        listeners: Listeners,
        registration_changed: Callable[[], None],
    ) -> None:
        self._registry = registry
        self._modules = modules
        self._context = context
        self._listeners = listeners
        self._registration_changed = registration_changed
        self._one_at_a_time = asyncio.Lock()
        # Functions that were reloaded, and reloads that failed.
        self.function_reloads = 0
        self.failed_reloads = 0
        self.under_way = 0

    @property
    def hot_paths(self) -> list[str]:
        return [] if self._modules is None else self._modules.hot_paths

    async def load(self) -> None:
        """Loads the function modules for the first time."""
        if self._modules is not None:
            await asyncio.to_thread(self._modules.load_all)

    async def reload(self, paths: Sequence[str], ids: Collection[str]) -> ReloadResult:
        """Reloads what the changed files concern, or the modules of these functions."""
        modules = self._modules
        if modules is None:
            result = ReloadResult(needs_restart=True, reason="this service has no function modules")
            self._tell(result)
            return result
        self.under_way += 1
        try:
            async with self._one_at_a_time:
                before = self._registry.descriptors()
                # In a thread: a module that takes long to load must not hold up calls.
                result = await asyncio.to_thread(modules.reload, paths, ids)
                if self._registry.descriptors() != before:
                    self._registration_changed()
                self._tell(result)
                return result
        finally:
            self.under_way -= 1

    async def replace(self, batch: Sequence[Definition]) -> None:
        """Puts new handlers in the place of those of the same ids: all, or none where one of them is wrong."""
        async with self._one_at_a_time:
            before = self._registry.descriptors()
            try:
                built = [build_function(one, self._context, self._source(one)) for one in batch]
                ids = [one.descriptor.id for one in built]
                for id in ids:
                    if ids.count(id) > 1:
                        raise DescriptorError(f"function {id} is in the batch more than once")
            except DescriptorError as error:
                ids = [str(one.descriptor.id) for one in batch]
                self._tell(ReloadResult(failed=tuple(FailedFunction(id, "", str(error), True) for id in ids)))
                raise
            changes = self._registry.swap(built)
            if self._registry.descriptors() != before:
                self._registration_changed()
            self._tell(ReloadResult(reloaded=tuple(changes)))

    async def roll_back(self, id: str) -> VersionChange:
        async with self._one_at_a_time:
            before = self._registry.descriptors()
            change = self._registry.roll_back(id)
            if self._registry.descriptors() != before:
                self._registration_changed()
            self._listeners.tell(events.RolledBack(change.id, change.old_version, change.new_version))
            return change

    def _source(self, definition: Definition) -> str | None:
        """A handler of the app's in the place of a module's is replaced by the module's next version."""
        return self._registry.get(definition.descriptor.id).source

    def _tell(self, result: ReloadResult) -> None:
        if result.needs_restart:
            self._listeners.tell(events.RestartNeeded(result.reason))
            return
        self.function_reloads += len(result.reloaded)
        self.failed_reloads += 1 if result.failed else 0
        for one in result.reloaded:
            self._listeners.tell(events.FunctionReloaded(one.id, one.old_version, one.new_version))
        for failed in result.failed:
            self._listeners.tell(events.ReloadFailed(failed.id, failed.path, failed.error, failed.rolled_back))
        self._listeners.tell(events.FunctionsReloaded(result.reloaded, result.failed))
