"""From a mail's kind and parameters to its subject, HTML and text. One template a kind, written once for both forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment

from documents.formatting import one_line
from documents.mails.notices import NOTICES, filled
from documents.mails.texts import TEXTS, words_of
from documents.settings import Settings
from documents.templating import templates


@dataclass(frozen=True)
class Composed:
    subject: str
    html: str
    text: str


@cache
def _environment(form: str) -> Environment:
    environment = templates("documents.mails", autoescape=form == "html")
    environment.filters["web_link"] = _web_link
    return environment


def compose(kind: str, parameters: dict[str, Any], settings: Settings) -> Composed:
    """The mail or text as people read it. Names in it come from strangers: escaped in HTML, one line in the subject."""
    if kind in TEXTS:
        words = words_of(kind, parameters)
        html = _environment("html").get_template("text_message.html.j2").render(words=words)
        return Composed(subject=words, html=html, text=words + "\n")
    values = {
        "p": parameters,
        "app_url": settings.app_url.rstrip("/"),
        "portal_url": settings.portal_url.rstrip("/"),
        "support_email": settings.support_email,
        "issuer": settings.issuer,
    }
    template = kind
    notice = NOTICES.get(kind)
    if notice is not None:
        template = "notice"
        values |= {"notice": notice, "paragraphs": filled(notice, parameters)}
    forms = {form: _render(form, template, values) for form in ("html", "text")}
    return Composed(subject=one_line(forms["text"][0], 180), html=forms["html"][1], text=_tidy(forms["text"][1]))


def _render(form: str, kind: str, values: dict[str, Any]) -> tuple[str, str]:
    """The subject (read from the text form: nothing is escaped there) and the whole document of one form."""
    environment = _environment(form)
    module = environment.get_template(f"{kind}.j2").make_module({**values, "form": form})
    subject = str(module.subject)  # type: ignore[attr-defined] - every template of a mail sets it
    preview = str(module.preview)  # type: ignore[attr-defined]
    page = environment.get_template(f"layout.{form}.j2")
    return subject, page.render(**values, subject=subject, preview=preview, content=module.content())  # type: ignore[attr-defined]


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _web_link(url: str | None) -> str | None:
    """The address when it leads to the web: partners write these, and a mail must not carry `javascript:`."""
    return url if url and urlsplit(url).scheme in {"http", "https"} else None
