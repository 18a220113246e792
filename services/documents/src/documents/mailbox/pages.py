"""The mailbox: every mail and text of the book, in a browser on a developer's machine. Never mounted in production."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from documents.mailbox import queries
from documents.mailbox.views import CHANNELS, KINDS, PREVIEW_POLICY, full_view, list_view, page
from documents.mails.composing import compose
from documents.mails.outgoing import attachments_of
from documents.rendering.pool import RenderingUnavailable
from shared.errors import not_found, unavailable
from shared.web import Session
from shared.web.schemas import BIGINT_MAX

router = APIRouter(include_in_schema=False)

MailId = Annotated[int, Path(ge=1, le=BIGINT_MAX)]
Recipient = Annotated[str, Query(max_length=254)]
Kind = Annotated[str, Query(max_length=60)]
Channel = Annotated[str, Query(pattern="^(email|sms|)$")]
Limit = Annotated[int, Query(ge=1, le=500)]


def _clean(value: str) -> str:
    return value.replace("\x00", "").strip()


async def _mail(mail_id: MailId, session: Session) -> Any:
    mail = await queries.mail_of(session, mail_id)
    if mail is None:
        raise not_found("mail", "Ce message n'existe pas.")
    return mail


FoundMail = Annotated[Any, Depends(_mail)]


@router.get("/mailbox")
async def mailbox(
    request: Request,
    session: Session,
    recipient: Recipient = "",
    kind: Kind = "",
    channel: Channel = "",
    limit: Limit = 100,
) -> HTMLResponse:
    settings = request.app.state.settings
    mails = await queries.newest(session, recipient=_clean(recipient), kind=_clean(kind), channel=channel, limit=limit)
    return page(
        "list.html.j2",
        mails=[list_view(mail, settings) for mail in mails],
        recipient=_clean(recipient),
        kind=kind,
        kinds=KINDS,
        channel=channel,
        channels=CHANNELS,
        relay=settings.smtp_url is not None,
    )


@router.get("/mailbox.json")
async def mailbox_json(
    request: Request,
    session: Session,
    recipient: Recipient = "",
    kind: Kind = "",
    channel: Channel = "",
    limit: Limit = 50,
) -> JSONResponse:
    settings = request.app.state.settings
    mails = await queries.newest(session, recipient=_clean(recipient), kind=_clean(kind), channel=channel, limit=limit)
    return JSONResponse({"mails": [full_view(mail, settings) for mail in mails]}, headers={"Cache-Control": "no-store"})


@router.get("/mailbox/{mail_id}")
async def open_mail(request: Request, mail: FoundMail) -> HTMLResponse:
    return page("mail.html.j2", mail=full_view(mail, request.app.state.settings))


@router.get("/mailbox/{mail_id}/html")
async def html_body(request: Request, mail: FoundMail) -> HTMLResponse:
    """The mail's own HTML, alone and powerless: no script, no network."""
    composed = compose(mail.kind, mail.parameters, request.app.state.settings)
    return HTMLResponse(composed.html, headers={"Content-Security-Policy": PREVIEW_POLICY, "Cache-Control": "no-store"})


@router.get("/mailbox/{mail_id}/text")
async def text_body(request: Request, mail: FoundMail) -> PlainTextResponse:
    return PlainTextResponse(compose(mail.kind, mail.parameters, request.app.state.settings).text)


@router.get("/mailbox/{mail_id}/attachments/{filename}")
async def attachment(request: Request, mail: FoundMail, filename: str) -> Response:
    try:
        files = await attachments_of(mail, request.app.state.printer)
    except RenderingUnavailable as error:
        raise unavailable() from error
    for file in files:
        if file.filename == filename:
            return Response(
                file.content,
                media_type=file.content_type,
                headers={"Content-Disposition": f'inline; filename="{file.filename}"'},
            )
    raise not_found("attachment", "Cette pièce jointe n'existe pas.")
