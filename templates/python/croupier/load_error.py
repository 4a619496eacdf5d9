"""Why a module could not be loaded, in a line."""

from pathlib import Path

from .project_files import ProjectFiles


def describe_load_error(error: BaseException, files: ProjectFiles) -> str:
    """Such as `NameError: name 'x' is not defined (functions/player.py, line 3)`."""
    if isinstance(error, SyntaxError):
        # Its text has file and line already.
        return f"{type(error).__name__}: {error}"
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    place = _innermost(error, files)
    return f"{text} ({place})" if place else text


def without_loader(error: BaseException, files: ProjectFiles) -> BaseException:
    """The error with a traceback that begins in the project: how its module came to be loaded says nothing."""
    frame = error.__traceback__
    while frame is not None and not files.owns(Path(frame.tb_frame.f_code.co_filename)):
        frame = frame.tb_next
    return error.with_traceback(frame)


def _innermost(error: BaseException, files: ProjectFiles) -> str | None:
    """The last line of the project that was reached."""
    place: str | None = None
    frame = error.__traceback__
    while frame is not None:
        path = Path(frame.tb_frame.f_code.co_filename)
        if path.is_absolute() and files.owns(path):
            place = f"{files.tell(path)}, line {frame.tb_lineno}"
        frame = frame.tb_next
    return place
