"""A service inside of an ASGI app: it connects and shuts down with the app, whichever server runs that.

service = Service(functions="functions")
app = FastAPI(lifespan=lifespan(service))
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from .service import Service

App = TypeVar("App")
Lifespan = Callable[[App], AbstractAsyncContextManager[Any]]


def lifespan(service: Service, inner: Lifespan[App] | None = None) -> Lifespan[App]:
    """For `FastAPI(lifespan=...)` and `Starlette(lifespan=...)`. `inner` is the app's own: it begins before the service
    connects, and ends after the service has shut down.

    Nothing of gRPC exists before the app starts, so a server may fork its workers after it has loaded the app.
    """

    @asynccontextmanager
    async def run(app: App) -> AsyncIterator[Any]:
        if inner is None:
            async with service:
                yield
        else:
            async with inner(app) as state, service:
                yield state

    return run
