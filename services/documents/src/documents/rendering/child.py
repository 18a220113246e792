"""The rendering process: reads requests on its standard input, writes documents on its standard output.

Run as `python -m documents.rendering.child`. A frame is a 4-byte big-endian length and that many bytes: JSON on the way
in, one status byte (`+` a document, `-` a refusal in UTF-8) and the content on the way out. It ends with its parent.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO

HEADER = struct.Struct(">I")
WARM = "warm"
TICKET = "ticket"
EXTRACT = "extract"


class Renderer:
    """Holds what is slow to make: the layout engine and the fonts, read once for the life of the process."""

    def __init__(self) -> None:
        # Unpacking a font stamps it with the time; the same booking must give the same bytes on any day.
        os.environ["SOURCE_DATE_EPOCH"] = "0"
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration

        from documents.extracts import layout as extracts
        from documents.tickets import layout

        self._layout = layout
        self._extracts = extracts
        self._fonts = FontConfiguration()
        package = Path(str(resources.files("documents")))
        self._fetcher = only_ours(package / "fonts")
        fonts, tickets, data = (
            CSS(filename=str(path), font_config=self._fonts, url_fetcher=self._fetcher)
            for path in (
                package / "fonts" / "fonts.css",
                package / "tickets" / "templates" / layout.STYLESHEET,
                package / "extracts" / "templates" / extracts.STYLESHEET,
            )
        )
        self._styles, self._extract_styles = [fonts, tickets], [fonts, data]

    def ticket(self, request: dict[str, Any]) -> bytes:
        """A ticket as PDF/UA-1: one A4 page, tagged, with its fonts inside."""
        from weasyprint import HTML

        from documents.tickets.content import Ticket

        ticket = Ticket.model_validate(request["ticket"])
        for density in self._layout.DENSITIES:
            html = self._layout.ticket_html(ticket, issuer=request["issuer"], image=request["image"], density=density)
            document = HTML(string=html, url_fetcher=self._fetcher).render(
                stylesheets=self._styles, font_config=self._fonts, pdf_variant="pdf/ua-1", pdf_tags=True
            )
            # What the holder needs must fit on the sheet that they fold in four.
            if len(document.pages) == 1:
                break
        identifier = f"ticket-{ticket.booking_id}".encode()
        pdf = document.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True, pdf_identifier=identifier)
        assert pdf is not None  # noqa: S101 - without a target the bytes are returned
        return pdf

    def extract(self, request: dict[str, Any]) -> bytes:
        """A person's data as PDF/UA-1, on as many A4 pages as they take."""
        from weasyprint import HTML

        html = self._extracts.extract_html(request["extract"], issuer=request["issuer"])
        pdf = HTML(string=html, url_fetcher=self._fetcher).write_pdf(
            stylesheets=self._extract_styles, font_config=self._fonts, pdf_variant="pdf/ua-1", pdf_tags=True
        )
        assert pdf is not None  # noqa: S101 - without a target the bytes are returned
        return pdf

    def made(self, request: dict[str, Any]) -> bytes:
        """The document of a request; nothing for one that only warms."""
        if request["document"] == WARM:
            return b""
        return self.extract(request) if request["document"] == EXTRACT else self.ticket(request)


def only_ours(fonts: Path) -> Any:
    """A fetcher that reads inline data and our own fonts: a document must never open a file or call a server."""
    from weasyprint.urls import URLFetcher

    allowed = fonts.as_uri() + "/"

    class OnlyOurs(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith(("data:", allowed)) and "/../" not in url:
                return super().fetch(url, headers)
            raise ValueError("documents fetch nothing from outside")

    return OnlyOurs(allowed_protocols=("data", "file"))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer every request until the input ends."""
    renderer = Renderer()
    while True:
        head = requests.read(HEADER.size)
        if len(head) < HEADER.size:
            return
        request = json.loads(requests.read(*HEADER.unpack(head)))
        try:
            body = b"+" + renderer.made(request)
        except Exception as error:
            body = b"-" + f"{type(error).__name__}: {error}".encode()[:500]
        answers.write(HEADER.pack(len(body)) + body)
        answers.flush()


def main() -> None:
    # Ctrl-C reaches the whole group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever a library prints goes to the log, not into the middle of an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
