"""From a person's data to a document's HTML. Runs in the rendering process."""

from __future__ import annotations

from typing import Any

from documents.templating import templates

STYLESHEET = "extract.css"


def extract_html(extract: dict[str, Any], *, issuer: str) -> str:
    return templates("documents.extracts").get_template("extract.html.j2").render(**extract, issuer=issuer)
