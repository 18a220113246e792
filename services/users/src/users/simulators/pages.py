"""The look of the simulators' pages."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from fastapi.responses import HTMLResponse

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
label { display: block; margin: .6rem 0; } label span { display: inline-block; min-width: 15rem; }
input, select, textarea { font: inherit; padding: .3rem .5rem; min-width: 16rem; }
button { font: inherit; padding: .45rem 1rem; margin-top: .8rem; cursor: pointer; }
.note { border-left: 4px solid #eb0055; padding: .3rem .8rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3rem .6rem .3rem 0; }
"""


def page(title: str, *parts: str, status: int = 200) -> HTMLResponse:
    """A page; `parts` are HTML already."""
    body = "".join(parts)
    return HTMLResponse(
        f"<!doctype html><html lang=fr><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>"
        f"<p class=note>Simulateur : ce partenaire est joué par le service users.</p>{body}</html>",
        status_code=status,
        headers={"Cache-Control": "no-store"},
    )


def form(action: str, *fields: str, submit: str = "Envoyer") -> str:
    inside = "".join(fields)
    return f'<form method=post action="{escape(action)}">{inside}<button>{escape(submit)}</button></form>'


def field(name: str, label: str, value: str = "", kind: str = "text") -> str:
    return f'<label><span>{escape(label)}</span> <input name="{escape(name)}" type="{kind}" value="{escape(value)}"></label>'


def hidden(name: str, value: str) -> str:
    return f'<input type=hidden name="{escape(name)}" value="{escape(value)}">'


def choice(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str = "") -> str:
    listed = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in options
    )
    return f'<label><span>{escape(label)}</span> <select name="{escape(name)}">{listed}</select></label>'


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def links(items: Iterable[tuple[str, str]]) -> str:
    listed = "".join(f'<li><a href="{escape(address)}">{escape(text)}</a></li>' for address, text in items)
    return f"<ul>{listed}</ul>"
