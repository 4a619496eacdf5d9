"""What a service has from connect() to its end: the gRPC server, the link to the agent, its place among workers."""

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from . import events
from .connection import Connection
from .descriptor import LocalDescriptor
from .handover import wait_for_successors
from .lame_duck import Departure
from .listeners import Listeners
from .settings import ServiceSettings, advertised_address
from .worker_slot import WorkerSlot, is_worker

if TYPE_CHECKING:
    from .agent_link import AgentLink
    from .host import FunctionHost
    from .hot_reload_server import HotReloads
    from .server import FunctionServer

# How long taking ourselves out of the agent's routing may hold up a shutdown, in seconds.
LEAVE_BUDGET = 0.5
# After the drain only answers on their way and readers of ended jobs are left on the server, in seconds.
SERVER_GRACE = 1.0


class Serving:
    """`settings`: as they apply now. `descriptors`: what is registered now."""

    def __init__(
        self,
        settings: Callable[[], ServiceSettings],
        descriptors: Callable[[], Sequence[LocalDescriptor]],
        connection: Connection,
        listeners: Listeners,
    ) -> None:
        self._settings = settings
        self._descriptors = descriptors
        self._connection = connection
        self._listeners = listeners
        self._slot: WorkerSlot | None = None
        self._server: FunctionServer | None = None
        self._link: AgentLink | None = None
        self._port: int | None = None
        self._registering: asyncio.Task[None] | None = None

    @property
    def service_id(self) -> str:
        service_id = self._settings().service_id
        return service_id if self._slot is None else f"{service_id}-{self._slot.number}"

    @property
    def address(self) -> str | None:
        if self._port is None:
            return None
        settings = self._settings()
        return settings.advertise or advertised_address(settings.listen, self._port)

    async def start(self, host: "FunctionHost", reloads: "HotReloads") -> None:
        """Serves. OptionError where the address cannot be had."""
        # Loaded here: an app that only registers functions (a test) never pays for gRPC, and no process that forks
        # workers has it.
        from .server import FunctionServer

        settings = self._settings()
        if is_worker(os.environ) if settings.worker_ids is None else settings.worker_ids:
            self._slot = WorkerSlot(f"{settings.service_id} {settings.agent_address}")
            self._listeners.add(events.Registered, lambda event: self._mark_registered())
        self._server = FunctionServer(host, reloads)
        self._port = await self._server.start(settings.listen)

    async def connect(self) -> None:
        """Registers with the agent. Returns when the first attempt has succeeded or failed."""
        from .agent_client import Registration
        from .agent_link import AgentLink

        def registration() -> Registration:
            return Registration(self.service_id, self._settings().version, self.address or "", self._descriptors())

        self._link = AgentLink(settings=self._settings, registration=registration, listener=self._connection)
        await self._link.start()

    def register_soon(self) -> None:
        """Tells the agent of changed functions: once for all that change before the event loop comes to it."""
        if self._link is not None and self._registering is None:
            self._registering = asyncio.get_running_loop().create_task(self._register())

    def configure(self) -> None:
        """The settings have changed."""
        if self._link is not None:
            self._link.configure()

    async def reconnect(self) -> None:
        if self._link is not None:
            await self._link.reconnect()

    async def leave(self) -> Departure:
        """Takes the service out of the agent's routing; a worker that is replaced first waits for its successors."""
        if self._slot is not None:
            await wait_for_successors(self._slot.registered_pids)
        return "unknown" if self._link is None else await self._link.leave(LEAVE_BUDGET)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(SERVER_GRACE)
        if self._link is not None:
            await self._link.close()
        if self._slot is not None:
            self._slot.release()

    async def _register(self) -> None:
        self._registering = None
        if self._link is not None:
            await self._link.register_again()

    def _mark_registered(self) -> None:
        if self._slot is not None:
            self._slot.mark_registered()
