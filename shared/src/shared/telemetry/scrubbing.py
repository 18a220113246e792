"""What must not be read in a log: secrets in paths, and values that exceptions carry in their text."""

from __future__ import annotations

import re
import traceback
from types import TracebackType
from typing import TextIO

SECRET = re.compile(r"token|password|secret|key|code|email|state", re.IGNORECASE)
"""Names of parameters whose values let a reader of the log act for somebody else, or name them."""
SCRUBBED = "***"

# A row's values in PostgreSQL's detail, SQLAlchemy's bound parameters, and what pydantic was given.
_DETAIL = re.compile(r"^(DETAIL|CONTEXT|HINT):.*$|^\[parameters: .*$|(?<=: )\".*\"$", re.MULTILINE)
_GIVEN = re.compile(r"input_value=.*(?=, input_type=)|(?<='input': ).*$", re.MULTILINE | re.DOTALL)

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def scrubbed_path(template: str, path: str) -> str:
    """The path of a route, without the values of the template's secret parameters."""
    if "{" not in template or not SECRET.search(template):
        return path
    parts = template.split("/")
    return "/".join(
        SCRUBBED if index < len(parts) and "{" in parts[index] and SECRET.search(parts[index]) else segment
        for index, segment in enumerate(path.split("/"))
    )


def scrubbed_message(text: str) -> str:
    """The text of an exception, without the values that made it."""
    return _GIVEN.sub(SCRUBBED, _DETAIL.sub(SCRUBBED, text))


def scrubbed_traceback(exc_info: ExcInfo) -> str:
    """A traceback as Python prints it, without values in the messages."""
    kind, error, trace = exc_info
    if kind is None or error is None:
        return ""
    seen = traceback.TracebackException(kind, error, trace, compact=True)
    _scrub(seen)
    return "".join(seen.format()).rstrip("\n")


def _scrub(seen: traceback.TracebackException | None) -> None:
    """Scrub an exception and those that it came from."""
    while seen is not None:
        # The message is formatted when the exception is taken apart, so the parts are what there is to change.
        seen._str = scrubbed_message(str(seen._str))  # type: ignore[attr-defined]
        for inner in getattr(seen, "exceptions", None) or ():
            _scrub(inner)
        _scrub(seen.__cause__)
        seen = seen.__context__


def print_traceback(out: TextIO, exc_info: ExcInfo) -> None:
    """For renderers that write into a stream."""
    out.write("\n" + scrubbed_traceback(exc_info))
