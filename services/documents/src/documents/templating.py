"""How our templates are read: what stands in them comes from strangers and is escaped; a missing value is an error."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def templates(package: str, *, autoescape: bool = True) -> Environment:
    """The folder `templates` of a package of ours. Plain text alone does without escaping."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=autoescape,  # noqa: S701 - off for plain text alone
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
