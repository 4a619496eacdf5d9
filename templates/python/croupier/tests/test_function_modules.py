"""Loading modules again: what a change concerns, all of it or nothing."""

import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest

from ..errors import DescriptorError, ModuleLoadError, OptionError
from ..function_modules import FunctionModules
from ..project_files import ProjectFiles
from ..registry import FunctionRegistry
from ..reload_result import ReloadResult
from .conftest import Project

MODULE = """
from croupier import function
{imports}
VERSION = "{version}"

@function("{id}", version=VERSION)
def handler():
    return {result}
"""


def module(id: str, version: str = "1.0.0", imports: str = "", result: str = "VERSION") -> str:
    filled = MODULE.replace("{id}", id).replace("{version}", version).replace("{imports}", imports)
    return filled.replace("{result}", result)


class Loaded:
    def __init__(self, project: Project) -> None:
        self.registry = FunctionRegistry()
        self.modules = FunctionModules(ProjectFiles(project.folder, Path(project.functions)), self.registry, None)
        self.modules.load_all()

    def reload(self, *paths: str, ids: tuple[str, ...] = ()) -> ReloadResult:
        return self.modules.reload(paths, ids)

    def call(self, id: str) -> Any:
        return self.registry.get(id).handler._handler()


def ids(result: ReloadResult) -> list[str]:
    return sorted(one.id for one in result.reloaded)


def test_a_folder_is_loaded_at_any_depth(project: Project) -> None:
    project.write("{functions}/echo.py", module("echo"))
    project.write("{functions}/deep/er/slow.py", module("slow"))
    project.write("{functions}/not-a-module.py", "raise RuntimeError")
    project.write("{functions}/.hidden/hidden.py", "raise RuntimeError")
    loaded = Loaded(project)
    assert [one.descriptor.id for one in loaded.registry.all()] == ["slow", "echo"]
    assert loaded.modules.hot_paths == [f"{project.functions}/**/*.py"]


def test_a_folder_that_is_missing_or_outside_is_named(project: Project) -> None:
    with pytest.raises(OptionError, match="no folder"):
        ProjectFiles(project.folder, Path("nowhere"))
    with pytest.raises(OptionError, match="inside of"):
        ProjectFiles(project.folder, Path(".."))


def test_a_module_that_cannot_be_loaded_at_the_start_is_named(project: Project) -> None:
    path = project.write("{functions}/echo.py", module("echo") + "\nboom()")
    with pytest.raises(ModuleLoadError, match=f"{path}: NameError.*{path}, line"):
        Loaded(project)
    assert f"{project.functions}.echo" not in sys.modules


def test_an_id_that_is_there_twice_is_refused(project: Project) -> None:
    project.write("{functions}/one.py", module("same"))
    project.write("{functions}/two.py", module("same"))
    with pytest.raises(DescriptorError, match="same is registered already"):
        Loaded(project)


def test_saves_of_one_second_and_one_length_are_all_taken(project: Project) -> None:
    path = project.write("{functions}/echo.py", module("echo"))
    loaded = Loaded(project)
    for version in ("2.0.0", "3.0.0", "4.0.0"):
        project.write(path, module("echo", version))
        assert [(one.old_version, one.new_version) for one in loaded.reload(path).reloaded] == [
            (f"{int(version[0]) - 1}.0.0", version)
        ]
        assert loaded.call("echo") == version


def test_an_old_handler_keeps_the_globals_that_it_began_with(project: Project) -> None:
    path = project.write("{functions}/echo.py", module("echo"))
    loaded = Loaded(project)
    old = loaded.registry.get("echo")
    project.write(path, module("echo", "2.0.0"))
    loaded.reload(path)
    assert old.handler._handler() == "1.0.0"


@pytest.mark.parametrize(
    "imports",
    [
        "from {functions}.lib.greeting import GREETING",
        "from .lib.greeting import GREETING",
        "import {functions}.lib.greeting as greeting; GREETING = greeting.GREETING",
        "from .lib import greeting; GREETING = greeting.GREETING",
        "try:\n    from .lib.greeting import GREETING\nexcept ImportError:\n    pass",
    ],
)
def test_whoever_imports_a_changed_file_is_loaded_again_and_nobody_else(project: Project, imports: str) -> None:
    project.write("{functions}/lib/greeting.py", 'GREETING = "hello"')
    project.write("{functions}/pair.py", module("pair", imports=imports, result="GREETING"))
    project.write("{functions}/over.py", module("over", imports="from .pair import GREETING", result="GREETING"))
    project.write("{functions}/other.py", module("other"))
    loaded = Loaded(project)
    other = sys.modules[f"{project.functions}.other"]
    path = project.write("{functions}/lib/greeting.py", 'GREETING = "ahoy!"')
    assert ids(loaded.reload(path)) == ["over", "pair"]
    assert loaded.call("pair") == loaded.call("over") == "ahoy!"
    assert sys.modules[f"{project.functions}.other"] is other


def test_files_outside_of_the_folder_that_functions_import_are_hot_too(project: Project) -> None:
    project.write("rules_of_game.py", "LIMIT = 1")
    project.write("{functions}/echo.py", module("echo", imports="from rules_of_game import LIMIT", result="LIMIT"))
    loaded = Loaded(project)
    assert "rules_of_game.py" in loaded.modules.hot_paths
    assert ids(loaded.reload(project.write("rules_of_game.py", "LIMIT = 2"))) == ["echo"]
    assert loaded.call("echo") == 2


def test_modules_that_import_each_other_are_loaded_together(project: Project) -> None:
    project.write("{functions}/one.py", module("one", imports="from . import two"))
    project.write("{functions}/two.py", module("two", imports="from . import one"))
    loaded = Loaded(project)
    path = project.write("{functions}/two.py", module("two", "2.0.0", imports="from . import one"))
    assert ids(loaded.reload(path)) == ["one", "two"]
    one, two = (sys.modules[f"{project.functions}.{name}"] for name in ("one", "two"))
    assert (one.two, two.one) == (two, one)


def test_a_package_that_is_loaded_again_keeps_its_modules(project: Project) -> None:
    path = project.write("{functions}/__init__.py", "LIMIT = 1")
    project.write("{functions}/echo.py", module("echo"))
    loaded = Loaded(project)
    project.write("{functions}/__init__.py", "LIMIT = 2")
    assert loaded.reload(path).failed == ()
    package = sys.modules[project.functions]
    assert (package.LIMIT, package.echo) == (2, sys.modules[f"{project.functions}.echo"])


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (")(", "SyntaxError"),
        (module("echo") + "\nboom()", "NameError: name 'boom'"),
        (module("echo") + "\nimport sys; sys.exit('away')", "SystemExit: away"),
        (module("echo") + "\nimport nowhere_to_be_found", "ModuleNotFoundError"),
        ("NOTHING = 1", "has no function echo any more"),
        (module("not an id"), "not an id"),
        (module("other"), "other is registered already"),
    ],
)
def test_a_broken_module_leaves_all_of_the_batch_as_it_was(project: Project, source: str, error: str) -> None:
    echo = project.write("{functions}/echo.py", module("echo"))
    other = project.write("{functions}/other.py", module("other"))
    third = project.write("{functions}/third.py", module("third"))
    loaded = Loaded(project)
    before = {name: sys.modules[name] for name in sys.modules if name.startswith(f"{project.functions}")}
    project.write(echo, source)
    project.write(third, module("third", "2.0.0"))
    result = loaded.reload(echo, third)
    assert result.reloaded == ()
    assert {(one.id, one.rolled_back) for one in result.failed} == {("echo", True), ("third", True)}
    assert all(error in one.error and one.path == echo for one in result.failed)
    assert loaded.call("echo") == loaded.call("third") == "1.0.0"
    for name, old in before.items():
        assert sys.modules[name] is old
        package, _, child = name.rpartition(".")
        assert not package or getattr(sys.modules[package], child) is old
    assert loaded.call("other") == "1.0.0"
    assert other


def test_what_failed_goes_along_with_the_next_change(project: Project) -> None:
    greeting = project.write("{functions}/greeting.py", 'GREETING = "hello"')
    imports = "from .greeting import GREETING"
    pair = project.write("{functions}/pair.py", module("pair", imports=imports, result="GREETING"))
    slow = project.write("{functions}/slow.py", module("slow"))
    loaded = Loaded(project)
    project.write(greeting, 'GREETING = "ahoy"')
    project.write(pair, ")(")
    assert loaded.reload(greeting, pair).failed
    # Nothing to do with it: taken all the same.
    project.write(slow, module("slow", "2.0.0"))
    assert ids(loaded.reload(slow)) == ["slow"]
    project.write(pair, module("pair", "2.0.0", imports, "GREETING"))
    assert ids(loaded.reload(pair)) == ["pair"]
    assert loaded.call("pair") == "ahoy"


def test_functions_come_move_and_go_with_their_files(project: Project) -> None:
    project.write("{functions}/echo.py", module("echo"))
    loaded = Loaded(project)
    new = project.write("{functions}/new.py", module("new"))
    assert [(one.id, one.old_version) for one in loaded.reload(new).reloaded] == [("new", "")]
    project.delete(new)
    moved = project.write("{functions}/moved.py", module("new", "2.0.0"))
    assert [(one.old_version, one.new_version) for one in loaded.reload(new, moved).reloaded] == [("1.0.0", "2.0.0")]
    project.delete(moved)
    assert [(one.id, one.new_version) for one in loaded.reload(moved).reloaded] == [("new", "")]
    assert "new" not in loaded.registry
    assert f"{project.functions}.moved" not in sys.modules


def test_functions_are_reloaded_by_their_ids(project: Project) -> None:
    for name in ("echo", "slow"):
        path = project.write(f"{{functions}}/{name}.py", module(name))
    loaded = Loaded(project)
    for name in ("echo", "slow"):
        project.write(f"{{functions}}/{name}.py", module(name, "2.0.0"))
    assert ids(loaded.reload(ids=("slow",))) == ["slow"]
    assert loaded.call("echo") == "1.0.0"
    assert [(one.id, one.rolled_back) for one in loaded.reload(ids=("nobody",)).failed] == [("nobody", False)]
    assert path


def test_what_is_loaded_only_once_needs_a_restart(project: Project) -> None:
    project.write("{functions}/echo.py", module("echo", imports="import shared_state"))
    project.write("shared_state.py", "STATE = {}")
    project.write("the_app.py", "from shared_state import STATE")
    __import__("the_app")
    loaded = Loaded(project)
    for path in ("the_app.py", "README.md", "../elsewhere.py", f"{project.functions}/data.json"):
        result = loaded.reload(path)
        assert result.needs_restart
        assert "not a function module" in result.reason
    result = loaded.reload("shared_state.py")
    assert result.needs_restart
    assert result.reason == "shared_state.py is imported by the_app.py, which is loaded only once"


def test_a_decorator_above_ours_is_called(project: Project) -> None:
    source = """
import functools
from croupier import function

def shout(handler):
    @functools.wraps(handler)
    def shouting():
        return handler().upper()
    return shouting

@shout
@function("loud")
def loud():
    return "hello"

same = loud
"""
    project.write("{functions}/loud.py", source)
    assert Loaded(project).call("loud") == "HELLO"


def test_old_modules_are_not_kept(project: Project) -> None:
    path = project.write("{functions}/echo.py", module("echo"))
    loaded = Loaded(project)
    seen = []
    for number in range(20):
        seen.append(weakref.ref(sys.modules[f"{project.functions}.echo"]))
        project.write(path, module("echo", f"2.0.{number}"))
        assert loaded.reload(path).failed == ()
    gc.collect()
    assert [one for one in seen if one() is not None] == []


def test_neither_grpc_nor_watchdog_is_loaded_before_connecting(project: Project) -> None:
    project.write("{functions}/echo.py", module("echo"))
    check = f"""
import sys
from croupier import Service
import croupier.asgi
Service(functions={project.functions!r})
assert not [name for name in sys.modules if name.split(".")[0] in ("grpc", "google", "watchdog")]
"""
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", check], check=True, cwd=project.folder, env={"PYTHONPATH": str(root)})
