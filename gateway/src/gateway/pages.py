"""The interactive page of each surface. Its assets come with a package: nothing is fetched from elsewhere."""

from __future__ import annotations

import html
import mimetypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from gateway.answers import NOT_FOUND, Answer, Header

ASSETS = "/docs/assets/"
_SERVED = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")
_HTML: Header = (b"content-type", b"text/html; charset=utf-8")
_POLICY: Header = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
)
_CACHED: Header = (b"cache-control", b"public, max-age=86400")

_TITLES = {
    "native": "API de l'application",
    "pro": "API du portail des partenaires",
    "public": "API publique",
}
_START = """\
"use strict";
window.addEventListener("DOMContentLoaded", () => {
  window.ui = SwaggerUIBundle({
    url: document.getElementById("api").dataset.url,
    dom_id: "#api",
    deepLinking: true,
    docExpansion: "list",
    operationsSorter: "alpha",
    persistAuthorization: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    withCredentials: true,
  });
});
"""
_PAGE = """\
<!doctype html>
<html lang="fr">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>pass Culture : {title}</title>
  <link rel="icon" href="{assets}favicon.png">
  <link rel="stylesheet" href="{assets}swagger-ui.css">
</head>
<body>
  <div id="api" data-url="{url}"></div>
  <noscript>Cette page a besoin de JavaScript ; le document est à l'adresse <a href="{url}">{url}</a>.</noscript>
  <script src="{assets}swagger-ui-bundle.js"></script>
  <script src="{assets}start.js"></script>
</body>
</html>
"""
_INDEX = """\
<!doctype html>
<html lang="fr">
<head><meta charset="utf-8"><title>pass Culture : les API</title></head>
<body>
  <h1>Les API du pass Culture</h1>
  <ul>
{items}
  </ul>
</body>
</html>
"""


@cache
def _directory() -> Path:
    spec = find_spec("fastapi_offline")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package fastapi-offline, which brings the page's assets, is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / "static"


@cache
def page(surface: str) -> Answer:
    """The interactive page of a surface."""
    text = _PAGE.format(
        title=html.escape(_TITLES[surface]), assets=ASSETS, url=html.escape(f"/{surface}/openapi.json", quote=True)
    )
    return Answer(200, text.encode(), (_HTML, _POLICY))


@cache
def index() -> Answer:
    """Where the pages of all surfaces are."""
    items = "\n".join(
        f'    <li>{html.escape(title)} : <a href="/{surface}/docs">page interactive</a>, '
        f'<a href="/{surface}/openapi.json">document OpenAPI</a></li>'
        for surface, title in _TITLES.items()
    )
    return Answer(200, _INDEX.format(items=items).encode(), (_HTML, _POLICY))


@cache
def asset(name: str) -> Answer:
    """A file of the pages."""
    if name == "start.js":
        return Answer(200, _START.encode(), ((b"content-type", b"text/javascript; charset=utf-8"), _CACHED))
    if name not in _SERVED:
        return NOT_FOUND
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Answer(200, (_directory() / name).read_bytes(), ((b"content-type", media_type.encode()), _CACHED))
