"""The files of a project, the modules that they are, and what they import of each other."""

import sys
from collections.abc import Iterator
from pathlib import Path

from .errors import OptionError
from .import_names import imported_names

_SDK = Path(__file__).resolve().parent


class ProjectFiles:
    """`folder`: the project, from which paths are told. `functions`: the folder of function modules."""

    def __init__(self, folder: Path, functions: Path) -> None:
        self.folder = folder.resolve()
        self.functions = (self.folder / functions).resolve()
        if not self.functions.is_dir():
            raise OptionError(f"functions is a folder of function modules; there is no folder {self.functions}")
        if self.functions == self.folder or not self.functions.is_relative_to(self.folder):
            raise OptionError(f"functions is a folder inside of {self.folder}; got {str(functions)!r}")
        self._owned: dict[Path, bool] = {}
        # What was last read of a file: its source and imports.
        self._imports: dict[Path, tuple[bytes, frozenset[str]]] = {}
        self._roots = self._find_roots()

    def function_files(self) -> list[Path]:
        """The modules of the functions folder, at any depth, in a stable order. Hidden ones are left out."""
        return sorted(path for path in self.functions.rglob("*.py") if self.is_function_file(path))

    def is_function_file(self, path: Path) -> bool:
        if path.suffix != ".py" or not path.is_relative_to(self.functions):
            return False
        parts = path.relative_to(self.functions).parts
        # What cannot be a part of a module's name is no module: a draft such as `player-old.py`.
        return all(part.isidentifier() for part in [*parts[:-1], path.stem])

    def tell(self, path: Path) -> str:
        """The path relative to the project, with `/`, for people and the wire."""
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else path.as_posix()

    def module_name(self, path: Path) -> str:
        """As it is imported: `functions.player`. LookupError where nothing can import it."""
        for root in self._roots:
            if path.is_relative_to(root) and path != root / "__init__.py":
                parts = path.relative_to(root).with_suffix("").parts
                return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        raise LookupError(f"{path} is in no folder of sys.path")

    def imports_of(self, path: Path) -> set[Path]:
        """The files of the project that this one imports when it is loaded. One that is gone or no Python imports what
        it did when it was last read."""
        return {file for name in self._names(path) for file in self._files_of(name)} - {path}

    def owns(self, path: Path) -> bool:
        """Whether a file is the project's own: neither installed, nor this package."""
        owned = self._owned.get(path)
        if owned is None:
            owned = self._owned[path] = self._is_own(path)
        return owned

    def _is_own(self, path: Path) -> bool:
        if not path.is_relative_to(self.folder) or path.is_relative_to(_SDK):
            return False
        parts = path.relative_to(self.folder).parts
        return not any(part.startswith(".") or part in ("site-packages", "__pycache__") for part in parts)

    def _names(self, path: Path) -> frozenset[str]:
        source, names = self._imports.get(path, (b"", frozenset()))
        try:
            present = path.read_bytes()
            if present != source:
                names = imported_names(present, self.module_name(path), path.name == "__init__.py")
                self._imports[path] = (present, names)
        except (OSError, SyntaxError, ValueError, LookupError):
            # Loading it says what is wrong.
            pass
        return names

    def _files_of(self, name: str) -> Iterator[Path]:
        parts = name.split(".")
        for root in self._roots:
            base = root.joinpath(*parts)
            for path in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
                if path.is_file() and self.owns(path):
                    yield path

    def _find_roots(self) -> list[Path]:
        """Where the project's imports start, the longest first. The functions' own is added to sys.path if it is not
        there, as it is when a script of another folder runs the service."""
        inside = {path for path in map(_resolve, sys.path) if self.owns(path / "_")}
        # A script's own folder: what is in it has its name from above.
        inside = {path for path in inside if not path.is_relative_to(self.functions)}
        if not any(self.functions.is_relative_to(path) for path in inside):
            sys.path.insert(0, str(self.folder))
            inside.add(self.folder)
        return sorted(inside, key=lambda path: len(path.parts), reverse=True)


def _resolve(entry: str) -> Path:
    return Path(entry or ".").resolve()
