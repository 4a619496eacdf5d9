"""The pauses between attempts to reach the agent."""

from dataclasses import dataclass

# Every pause is up to this part shorter or longer, so that many services do not come back in one moment.
JITTER = 0.25


@dataclass(frozen=True)
class Backoff:
    """In seconds."""

    initial: float
    maximum: float


def pause_after(failures: int, backoff: Backoff, random: float) -> float:
    """The pause in seconds after so many failures in a row (1: the first); doubles. `random` is 0 to 1."""
    # The exponent is kept inside of what a float can hold: failures go on for as long as the agent is away.
    pause = min(backoff.maximum, backoff.initial * 2.0 ** min(failures - 1, 64))
    return pause * (1 - JITTER + 2 * JITTER * random)
