"""Two functions of one module, which imports another."""

from croupier import function

from .lib.greeting import greet

VERSION = "1.0.0"


@function("pair.a", version=VERSION)
async def greet_a() -> dict[str, str]:
    return {"greeting": greet("a"), "version": VERSION}


@function("pair.b", version=VERSION)
def greet_b() -> dict[str, str]:
    return {"greeting": greet("b"), "version": VERSION}
