"""One game server: its functions, its gRPC server, its place with the agent."""

import asyncio
import inspect
import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from . import events
from .connection import Connection
from .definition import Definition, Handler
from .descriptor import FunctionDescriptor
from .errors import DescriptorError, ServiceClosedError
from .function_modules import FunctionModules
from .host import FunctionHost
from .lame_duck import lame_duck_time
from .listeners import E, Listeners
from .project_files import ProjectFiles
from .registry import FunctionRegistry, VersionChange, build_function
from .reload_result import ReloadResult, ReloadStatus
from .reloads import Reloads
from .serving import Serving
from .settings import ServiceSettings, check_change, resolve_settings, seconds
from .shutdown_signals import ShutdownSignals, end_despite_threads

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .settings import ConfigChange, ServiceOptions
    from .watcher import Watcher

# `idle`: not connected yet. `open`: serves. Then `closing`, `closed`.
ServiceState = Literal["idle", "open", "closing", "closed"]


class Service:
    """Used as `async with service:`, or by connect() and graceful_shutdown(), or by serve(); all on one event loop.

    Nothing of gRPC is loaded before connect(), and nothing is bound to an event loop or a process, so that a service
    can be made where an app is made, before its server forks its workers.
    """

    def __init__(self, **options: "Unpack[ServiceOptions]") -> None:
        """The options and their defaults: ServiceOptions. OptionError at a mistake."""
        project = Path.cwd()
        self._settings = resolve_settings(os.environ, project, **options)
        self._listeners = Listeners()
        self._registry = FunctionRegistry()
        self._host = FunctionHost(self._registry, self._settings.threads)
        folder, context = self._settings.functions, self._settings.context
        self._files = None if folder is None else ProjectFiles(project, folder)
        modules = None if self._files is None else FunctionModules(self._files, self._registry, context)
        self._reloads = Reloads(self._registry, modules, context, self._listeners, self._registration_changed)
        self._connection = Connection(self._listeners, self._settings.agent_address, self._function_ids)
        self._serving = Serving(lambda: self._settings, self._registry.descriptors, self._connection, self._listeners)
        self._state: ServiceState = "idle"
        self._started = time.monotonic()
        self._config_reloads = 0
        self._connecting: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()
        self._signals: ShutdownSignals | None = None
        self._watcher: Watcher | None = None

    @property
    def settings(self) -> ServiceSettings:
        """The options as they apply now."""
        return self._settings

    @property
    def service_id(self) -> str:
        """As it is registered: workers have theirs from connect() on."""
        return self._serving.service_id

    @property
    def version(self) -> str:
        return self._settings.version

    @property
    def game_id(self) -> str | None:
        return self._settings.game_id

    @property
    def env(self) -> str | None:
        return self._settings.env

    @property
    def generation(self) -> int | None:
        """Which life of the process this is under `croupier dev`, counted from 1; None when started by hand."""
        return self._settings.generation

    @property
    def state(self) -> ServiceState:
        return self._state

    @property
    def address(self) -> str | None:
        """`host:port` as the agent is told it; None before connect()."""
        return self._serving.address

    @property
    def in_flight(self) -> int:
        """Handlers under way, of calls and jobs."""
        return self._host.in_flight

    @property
    def hot_paths(self) -> list[str]:
        """Patterns of the files that reload() can take, relative to the project."""
        return self._reloads.hot_paths

    def on(self, kind: type[E], listener: Callable[[E], object]) -> Callable[[], None]:
        """Calls back for every event of the kind (croupier.events); the returned function ends that."""
        return self._listeners.add(kind, listener)

    def register_function(self, descriptor: FunctionDescriptor, handler: Handler, *, raw: bool = False) -> None:
        """Adds a function; DescriptorError at a mistake. After connect() the agent is told.

        The handler is given what its parameters name: see `function`. `raw`: it takes and returns bytes.
        """
        self._registry.add(build_function(Definition(descriptor, handler, raw), self._settings.context))
        self._registration_changed()

    # A job is a function that reports progress to its `call`, a JobContext.
    register_job = register_function

    async def connect(self) -> None:
        """Loads the function modules, serves, then registers with the agent.

        Returns when registered, or when the first attempt has failed: a game server must not die because its agent is
        absent, so it is tried again until graceful_shutdown(). Raises where a module cannot be loaded, and where the
        address to serve on cannot be had.
        """
        if self._state in ("closing", "closed"):
            raise ServiceClosedError("the service is closed")
        if self._connecting is None:
            self._state = "open"
            self._connecting = asyncio.create_task(self._connect())
        await asyncio.shield(self._connecting)

    async def serve(self) -> None:
        """connect(), and wait until the service is closed: by a signal, where `handle_signals` is set."""
        await self.connect()
        await self.wait_closed()

    async def wait_closed(self) -> None:
        await self._closed.wait()

    async def graceful_shutdown(self, timeout: float | None = None) -> None:
        """Takes itself out of the agent's routing, serves what was already on its way, lets calls and jobs under way
        finish (after `timeout` seconds they are cancelled), calls `on_close`, then closes server and connections. A
        second call waits for the first."""
        patience = self._settings.graceful_shutdown_timeout if timeout is None else seconds("timeout", timeout)
        if self._closing is None:
            if self._state == "closed":
                return
            self._state = "closing"
            self._closing = asyncio.create_task(self._shut_down(patience))
        await asyncio.shield(self._closing)

    async def reload(self, paths: Sequence[str] = (), functions: Collection[str] = ()) -> ReloadResult:
        """Loads function modules again: those that changed files (relative to the project) concern, or those of these
        functions. All of it or nothing; the result says what came of it."""
        return await self._reloads.reload(paths, functions)

    async def reload_function(
        self, id: str, descriptor: FunctionDescriptor, handler: Handler, *, raw: bool = False
    ) -> None:
        """Puts a new version in the place of the present one. Calls under way finish on the old one. DescriptorError or
        UnknownFunctionError at a mistake: then the old one stays."""
        if descriptor.id != id:
            raise DescriptorError(f"function {id}: the descriptor is that of {descriptor.id!r}")
        await self._reloads.replace([Definition(descriptor, handler, raw)])

    async def reload_functions(self, batch: Iterable[Definition]) -> None:
        """As reload_function, for several: all of them, or none where one is wrong."""
        await self._reloads.replace(list(batch))

    async def reload_config(self, **change: "Unpack[ConfigChange]") -> None:
        """Changes what ConfigChange names; OptionError, and nothing changed, where a part of it is wrong."""
        version = self._settings.version
        self._settings = replace(self._settings, **check_change(self._settings, change))
        self._config_reloads += 1
        self._serving.configure()
        if self._settings.version != version:
            self._registration_changed()
        self._listeners.tell(events.ConfigReloaded(dict(change)))

    async def rollback(self, id: str) -> VersionChange:
        """Puts the version before the present one back; five are kept. UnknownFunctionError, NoEarlierVersionError."""
        return await self._reloads.roll_back(id)

    async def reconnect(self) -> None:
        """Connects to the agent anew, at once. Returns when that attempt has succeeded or failed."""
        if self._state != "open":
            raise ServiceClosedError(f"the service is {'not connected' if self._state == 'idle' else 'closed'}")
        await self._serving.reconnect()

    async def wait_idle(self, timeout: float) -> int:
        """Waits until no call and no job is under way, at most so many seconds; answers how many still are."""
        return await self._host.wait_idle(timeout)

    def get_reload_status(self) -> ReloadStatus:
        connection = self._connection
        reloading = self._reloads.under_way > 0 and connection.status == "connected"
        return ReloadStatus(
            connection_status="reloading" if reloading else connection.status,
            reconnect_count=connection.reconnect_count,
            last_reconnect=connection.last_reconnect,
            function_reloads=self._reloads.function_reloads,
            config_reloads=self._config_reloads,
            failed_reloads=self._reloads.failed_reloads,
            functions_count=len(self._registry),
            uptime=time.monotonic() - self._started,
        )

    async def __aenter__(self) -> "Service":
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.graceful_shutdown()

    async def _connect(self) -> None:
        if self._settings.handle_signals:
            self._signals = ShutdownSignals(self._on_signal)
            self._signals.install()
        try:
            await self._reloads.load()
            await self._serving.start(self._host, self)
        except BaseException:
            await self._finish()
            raise
        if self._state == "open":
            await self._serving.connect()
        if self._state == "open" and self._settings.watch and self._files is not None:
            from .watcher import Watcher

            self._watcher = Watcher(self._files.functions, self._reload_files)
            self._watcher.start()

    async def _shut_down(self, patience: float) -> None:
        self._listeners.tell(events.ShuttingDown())
        if self._watcher is not None:
            await self._watcher.stop()
        departure = await self._serving.leave()
        await self._host.drain(patience, lame_duck_time(departure, self._settings.generation is not None))
        try:
            result = self._settings.on_close()
            if inspect.isawaitable(result):
                await result
        finally:
            await self._finish()

    async def _finish(self) -> None:
        self._state = "closing"
        await self._serving.stop()
        if self._connecting is not None and self._connecting is not asyncio.current_task():
            await asyncio.wait({self._connecting})
            # What was bound meanwhile.
            await self._serving.stop()
        if self._closed.is_set():
            return
        self._host.close()
        if self._signals is not None:
            self._signals.uninstall()
        self._state = "closed"
        self._listeners.tell(events.Closed())
        self._closed.set()

    def _on_signal(self) -> None:
        self._ending = asyncio.create_task(self._end())

    async def _end(self) -> None:
        try:
            await self.graceful_shutdown()
        finally:
            end_despite_threads(self._host.in_flight)

    async def _reload_files(self, paths: list[Path]) -> None:
        if self._files is not None:
            await self.reload([self._files.tell(path) for path in paths])

    def _registration_changed(self) -> None:
        if self._state == "open":
            self._serving.register_soon()

    def _function_ids(self) -> tuple[str, ...]:
        return tuple(one.id for one in self._registry.descriptors())
