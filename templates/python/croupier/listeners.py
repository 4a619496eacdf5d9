"""Who is told of what."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from .events import Event

E = TypeVar("E", bound=Event)

logger = logging.getLogger("croupier")


class Listeners:
    def __init__(self) -> None:
        self._listeners: list[tuple[type[Event], Callable[[Any], object]]] = []

    def add(self, kind: type[E], listener: Callable[[E], object]) -> Callable[[], None]:
        """Calls back for every event of the kind; the returned function ends that."""
        entry = (kind, listener)
        self._listeners.append(entry)

        def remove() -> None:
            if entry in self._listeners:
                self._listeners.remove(entry)

        return remove

    def tell(self, event: Event) -> None:
        for kind, listener in list(self._listeners):
            if isinstance(event, kind):
                try:
                    listener(event)
                except Exception:
                    # A listener's bug must not end the connection or the reload that it is told of.
                    logger.exception("a listener of %s failed", type(event).__name__)
