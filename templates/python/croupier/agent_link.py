"""Keeps one service registered with its agent."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

from .agent_client import AgentClient, AgentError, Registration
from .backoff import pause_after
from .lame_duck import Departure
from .link_attempt import Attempt, Failures, find_registration, has_others
from .settings import ServiceSettings

logger = logging.getLogger("croupier")

# A link that held for so many seconds starts again with the shortest pause.
HEALTHY = 10.0
# An agent that does not show our registration gets it again so often: at once, then with growing pauses (seconds).
VERIFY_ATTEMPTS = 3
VERIFY_PAUSE = 1.0


class LinkListener(Protocol):
    def on_connected(self) -> None: ...

    def on_registered(self, session_id: str) -> None: ...

    def on_disconnected(self, reason: str, retry_in: float | None, gave_up: bool) -> None:
        """`gave_up`: from now on it is tried only at each health check; told with every failure since."""

    def on_refused(self, message: str) -> None:
        """The agent answers, but not as it should: it refused the registration, or does not show it."""


class AgentLink:
    """Registers on every new connection, since an agent that restarted has forgotten everything; sends heartbeats;
    comes back with growing pauses. Verifies by ListLocal, because agents answer OK to the heartbeat of a service that
    they do not know."""

    def __init__(
        self,
        *,
        settings: Callable[[], ServiceSettings],
        registration: Callable[[], Registration],
        listener: LinkListener,
        connect: Callable[[str], AgentClient] = AgentClient,
    ) -> None:
        self._settings = settings
        self._registration = registration
        self._listener = listener
        self._connect = connect
        self._attempt: Attempt | None = None
        self._leaving = False
        # Seen when we left: others serve our functions.
        self._has_others = False
        # What is registered has changed since it was last read.
        self._outdated = False
        # Set whenever a pause has to be looked at again.
        self._changed = asyncio.Event()
        self._retry_now = False
        self._attempted: list[asyncio.Future[None]] = []
        self._registering = asyncio.Lock()
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """From now on keeps the registration. Returns when the first attempt has succeeded or failed."""
        attempted = self._next_attempt()
        self._keeping = asyncio.create_task(self._keep_registered())
        await attempted

    async def reconnect(self) -> None:
        """Connects anew at once. Returns when that attempt has succeeded or failed."""
        attempted = self._next_attempt()
        self._retry_now = True
        if self._attempt is not None:
            self._attempt.end("a new connection was asked for")
        self._changed.set()
        await attempted

    def configure(self) -> None:
        """The settings have changed: pauses that run go by the new ones."""
        self._changed.set()

    async def register_again(self) -> None:
        """Registers over the present connection, because what is registered has changed."""
        attempt = self._attempt
        # Whoever registers takes it along, or does it again where it was under way already.
        self._outdated = True
        if attempt is None or not attempt.is_registered or self._leaving:
            return
        error = await self._register(attempt)
        if attempt.over or self._leaving:
            return
        if error is None:
            self._listener.on_registered(attempt.session_id or "")
        else:
            self._fail(attempt, error)

    async def leave(self, budget: float) -> Departure:
        """Takes the service out of routing: an empty registration, but only while the agent shows our own address,
        since a successor may have taken the place. No registration and no heartbeat follows. Takes at most `budget`
        seconds."""
        self._leaving = True
        try:
            await asyncio.wait_for(self._leave(budget), budget)
        except (asyncio.TimeoutError, AgentError) as error:
            # It will find out by itself.
            logger.debug("the agent was not told that we leave: %s", error)
        if self._attempt is None or not self._attempt.is_registered or not self._registration().functions:
            return "unknown"
        return "with others" if self._has_others else "alone"

    async def close(self) -> None:
        self._leaving = True
        self._changed.set()
        attempt = self._attempt
        if attempt is not None:
            attempt.end("closed")
        if self._keeping is not None:
            await self._keeping
        self._tell_attempted()

    async def _leave(self, budget: float) -> None:
        async with self._registering:
            attempt, registration = self._attempt, self._registration()
            if attempt is None or not attempt.is_registered or not registration.functions:
                return
            listed = await attempt.client.list_local(budget)
            self._has_others = has_others(listed, registration)
            if find_registration(listed, registration) == "listed":
                taken_out = Registration(registration.service_id, registration.version, registration.rpc_addr, ())
                await attempt.client.register(taken_out, budget)

    async def _keep_registered(self) -> None:
        loop = asyncio.get_running_loop()
        failures = Failures()
        while not self._leaving:
            settings = self._settings()
            attempt = self._attempt = Attempt(self._connect(settings.agent_address))
            since = loop.time()
            helpers = await self._begin(attempt)
            reason = await attempt.lost
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await attempt.client.close()
            if self._leaving:
                return
            if not self._retry_now:
                registered = attempt.session_id is not None
                failures = failures.after(registered, registered and loop.time() - since >= HEALTHY)
                retry_in = self._retry_in(failures)
                self._listener.on_disconnected(reason, retry_in, self._gave_up(failures))
                self._tell_attempted()
                await self._pause_before_retry(failures, retry_in)
            if self._retry_now:
                failures = Failures()
            self._retry_now = False

    async def _begin(self, attempt: Attempt) -> "list[asyncio.Task[None]]":
        """Registers; answers what watches over the connection from then on."""
        error = await self._register(attempt)
        if error is not None:
            self._fail(attempt, error)
            return []
        if self._leaving or attempt.over:
            return []
        self._listener.on_connected()
        self._listener.on_registered(attempt.session_id or "")
        self._tell_attempted()
        watchers: list[Callable[[Attempt], Awaitable[None]]] = [
            self._watch,
            self._send_heartbeats,
            self._catch_up,
            self._verify,
        ]
        return [asyncio.ensure_future(watcher(attempt)) for watcher in watchers]

    async def _catch_up(self, attempt: Attempt) -> None:
        """Registers what has changed while the first registration was on its way."""
        if self._outdated:
            await self.register_again()

    async def _register(self, attempt: Attempt) -> AgentError | None:
        async with self._registering:
            if self._leaving:
                return None
            self._outdated = False
            try:
                attempt.session_id = await attempt.client.register(self._registration())
                return None
            except AgentError as error:
                return error

    def _fail(self, attempt: Attempt, error: AgentError) -> None:
        what = "cannot be reached" if error.unreachable else "refused the registration"
        reason = f"the agent at {self._settings().agent_address} {what}: {error}"
        if not error.unreachable and not self._leaving and not attempt.over:
            self._listener.on_refused(reason)
        attempt.end(reason)

    async def _watch(self, attempt: Attempt) -> None:
        await attempt.client.wait_until_lost()
        attempt.end(f"the connection to the agent at {self._settings().agent_address} was lost")

    async def _send_heartbeats(self, attempt: Attempt) -> None:
        while True:
            await self._pause(lambda: self._settings().health_check_interval)
            if attempt.over or self._leaving:
                return
            try:
                await attempt.client.heartbeat(self._registration().service_id, attempt.session_id or "")
            except AgentError as error:
                # An agent without heartbeats is told by its channel alone.
                if not error.unimplemented:
                    address = self._settings().agent_address
                    attempt.end(f"the agent at {address} did not take the heartbeat: {error}")

    async def _verify(self, attempt: Attempt) -> None:
        for again in range(VERIFY_ATTEMPTS + 1):
            registration = self._registration()
            if not registration.functions:
                return
            try:
                listing = find_registration(await attempt.client.list_local(), registration)
            except AgentError:
                # Without a list there is nothing to verify by.
                return
            # One that was replaced must not push its successor out.
            if attempt.over or self._leaving or listing != "absent":
                return
            if again < VERIFY_ATTEMPTS:
                await asyncio.sleep(VERIFY_PAUSE * again)
                await self.register_again()
            if attempt.over or self._leaving:
                return
        address = self._settings().agent_address
        self._listener.on_refused(f"the agent at {address} took the registration but does not list it")

    def _gave_up(self, failures: Failures) -> bool:
        limit = self._settings().max_retry_attempts
        return limit > 0 and failures.in_vain >= limit

    def _retry_in(self, failures: Failures) -> float | None:
        settings = self._settings()
        if not settings.auto_reconnect:
            return None
        if self._gave_up(failures):
            return settings.health_check_interval
        return pause_after(failures.in_a_row, settings.backoff, random.random())

    async def _pause_before_retry(self, failures: Failures, retry_in: float | None) -> None:
        # One draw of lots for the whole pause, unless the settings change.
        settings, drawn = self._settings(), retry_in

        def pause() -> float | None:
            nonlocal settings, drawn
            if self._settings() is not settings:
                settings, drawn = self._settings(), self._retry_in(failures)
            return drawn

        await self._pause(pause)

    async def _pause(self, seconds: Callable[[], float | None]) -> None:
        """Waits so long, as it is told anew with each change of the settings; None: until it is asked for."""
        loop = asyncio.get_running_loop()
        since = loop.time()
        while not self._leaving and not self._retry_now:
            pause = seconds()
            remaining = None if pause is None else since + pause - loop.time()
            if remaining is not None and remaining <= 0:
                return
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), remaining)
            except asyncio.TimeoutError:
                return

    def _next_attempt(self) -> "asyncio.Future[None]":
        attempted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._attempted.append(attempted)
        return attempted

    def _tell_attempted(self) -> None:
        for attempted in self._attempted:
            if not attempted.done():
                attempted.set_result(None)
        self._attempted.clear()
