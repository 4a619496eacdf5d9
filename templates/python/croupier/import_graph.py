"""Who imports whom, at one moment."""

from collections.abc import Collection, Iterable
from pathlib import Path

from .project_files import ProjectFiles


class ImportGraph:
    """Reads each file at most once: made anew for each change."""

    def __init__(self, files: ProjectFiles) -> None:
        self._files = files
        self._imports: dict[Path, set[Path]] = {}

    def imports_of(self, path: Path) -> set[Path]:
        imports = self._imports.get(path)
        if imports is None:
            imports = self._imports[path] = self._files.imports_of(path)
        return imports

    def closure(self, starts: Iterable[Path]) -> set[Path]:
        """The files and everything of the project that they import, directly or not."""
        found: set[Path] = set()
        waiting = list(starts)
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting.extend(self.imports_of(path))
        return found

    def dependents(self, changed: Iterable[Path], among: Collection[Path]) -> list[Path]:
        """The changed files and all of the others that import them, directly or not; what is imported comes before what
        imports it."""
        affected = set(changed)
        grown = True
        while grown:
            more = {path for path in among if path not in affected and self.imports_of(path) & affected}
            affected |= more
            grown = bool(more)
        ordered: list[Path] = []
        seen: set[Path] = set()

        def visit(path: Path) -> None:
            if path in seen:
                return
            seen.add(path)
            for imported in sorted(self.imports_of(path)):
                visit(imported)
            if path in affected:
                ordered.append(path)

        for path in sorted(affected):
            visit(path)
        return ordered
