"""One connection to the agent, what came before it, and what the agent lists."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from .agent_client import AgentClient, Listed, Registration


@dataclass(eq=False)
class Attempt:
    """From the first packet to the loss of the connection."""

    client: AgentClient
    # Set with why it is over.
    lost: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    # What the agent gave for the latest registration (can be empty); None: not registered.
    session_id: str | None = None

    @property
    def over(self) -> bool:
        return self.lost.done()

    @property
    def is_registered(self) -> bool:
        return self.session_id is not None and not self.over

    def end(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)


@dataclass(frozen=True)
class Failures:
    """`short_links`: links in a row that were lost before they had held. `in_vain`: attempts since the last link."""

    short_links: int = 0
    in_vain: int = 0

    @property
    def in_a_row(self) -> int:
        """What pauses grow by, from 1. How long the agent was away before a link does not count."""
        return max(1, self.short_links + self.in_vain)

    def after(self, registered: bool, held: bool) -> "Failures":
        if registered:
            return Failures(0 if held else self.short_links + 1, 0)
        return Failures(self.short_links, self.in_vain + 1)


def has_others(listed: list[Listed], registration: Registration) -> bool:
    """Whether somebody else serves: a successor, or another instance of one of our functions."""
    ids = {function.id for function in registration.functions}
    return any(
        one.address != registration.rpc_addr and (one.service_id == registration.service_id or one.function_id in ids)
        for one in listed
    )


def find_registration(listed: list[Listed], registration: Registration) -> Literal["listed", "replaced", "absent"]:
    """`replaced`: the service id is there with other addresses only (a successor, or a gateway in between)."""
    ours = [one for one in listed if one.service_id == registration.service_id]
    if any(one.address == registration.rpc_addr for one in ours):
        return "listed"
    return "replaced" if ours else "absent"
