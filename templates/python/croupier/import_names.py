"""Which modules a file imports while it is loaded, read from its source."""

import ast
from collections.abc import Iterator


def imported_names(source: bytes, module: str, is_package: bool) -> frozenset[str]:
    """Dotted names of everything that can be a module: for `from a import b` both `a` and `a.b`.

    Imports inside of functions are left out: they happen at each call, and find what is there then. SyntaxError where
    the source is none.
    """
    package = module if is_package else module.rpartition(".")[0]
    names: set[str] = set()
    for node in _statements(ast.parse(source).body):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            if base:
                names.add(base)
            names.update(f"{base}.{alias.name}" if base else alias.name for alias in node.names)
    return frozenset(names)


def _base(node: ast.ImportFrom, package: str) -> str:
    if node.level == 0:
        return node.module or ""
    parts = package.split(".")
    parents = parts[: len(parts) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the module is loaded, at any depth."""
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_type_checkers(node):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, field, []))
        for branch in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            yield from _statements(branch.body)


def _is_for_type_checkers(node: ast.stmt) -> bool:
    if not isinstance(node, ast.If):
        return False
    test = node.test
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"
