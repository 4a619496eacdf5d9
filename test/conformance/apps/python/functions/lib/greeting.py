"""What both functions of `pair` say."""


def greet(name: str) -> str:
    return f"hello {name}"
