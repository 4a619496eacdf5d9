"""Waiting for the workers that take over.

On SIGHUP Gunicorn starts new workers and ends the old ones at once, long before the new ones are ready. So an old one
that is told to end goes on serving until those that were just started have registered.
"""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

# A worker that is younger than so many seconds when another is told to end is there to replace it.
YOUNG = 5.0
# The new workers get so many seconds; Gunicorn ends the old ones after 30.
LIMIT = 10.0
# Where workers tell by their slots that they serve: looked at so often, in seconds.
LOOK_AGAIN = 0.05


async def wait_for_successors(registered_pids: Callable[[], set[int]], limit: float = LIMIT) -> None:
    """Returns when every worker that was just started beside this one has registered or ended, or the limit is over."""
    loop = asyncio.get_running_loop()
    since = loop.time()
    while loop.time() - since < limit:
        # A second part of the new workers can be started while the first registers.
        young = await asyncio.to_thread(young_siblings, YOUNG + loop.time() - since)
        if young <= registered_pids():
            return
        await asyncio.sleep(LOOK_AGAIN)


def young_siblings(age: float, processes: Path = Path("/proc")) -> set[int]:
    """Pids of children of our parent that were started after us and at most so many seconds ago. Where there is no
    /proc: none."""
    own = _read_stat(processes / str(os.getpid()))
    if own is None:
        return set()
    parent, born = own
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    found: set[int] = set()
    for folder in processes.iterdir():
        stat = _read_stat(folder) if folder.name.isdecimal() else None
        if stat is not None and stat[0] == parent and stat[1] > born and now - stat[1] <= age:
            found.add(int(folder.name))
    return found


def _read_stat(folder: Path) -> tuple[int, float] | None:
    """Parent and start, in seconds since the machine's; None: there is no such process any more."""
    try:
        # The name, in parentheses, can hold anything.
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in ("Z", "X"):
        return None
    return int(fields[1]), int(fields[19]) / os.sysconf("SC_CLK_TCK")
