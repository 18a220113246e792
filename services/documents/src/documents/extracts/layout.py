"""From a person's data to a document's HTML. Runs in the rendering process."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

STYLESHEET = "extract.css"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("documents.extracts"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def extract_html(extract: dict[str, Any], *, issuer: str) -> str:
    return _environment().get_template("extract.html.j2").render(**extract, issuer=issuer)
