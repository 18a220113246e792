"""For the job that puts a person's data together: what documents keeps of them, and the layout of everything.

Both are asked with a token of the person, which the job signs for its few seconds.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from documents.extracts.queries import messages_to
from documents.extracts.schemas import ExtractRequest, MessageKept, MessagesKept
from documents.rendering.child import EXTRACT
from documents.rendering.pool import RenderingFailed, RenderingUnavailable, RenderPool
from shared.errors import unavailable
from shared.identity import NativeUser
from shared.web import Session, internal_router, operation
from shared.web.access import house

router = internal_router()


def _pool(request: Request) -> RenderPool:
    return request.app.state.pool


@router.get(
    "/internal/extracts/me",
    operation_id="getInternalExtractsMe",
    response_model=MessagesKept,
    openapi_extra=operation(access=house(nobody=401)),
)
async def my_messages(user: NativeUser, session: Session) -> MessagesKept:
    return MessagesKept(
        messages=[
            MessageKept(
                channel=row.channel,
                kind=row.kind,
                recipient=row.recipient,
                created_at=row.created_at,
                sent_at=row.sent_at,
            )
            for row in await messages_to(session, user.id)
        ]
    )


@router.post(
    "/internal/extracts/pdf",
    operation_id="postInternalExtractsPdf",
    response_class=Response,
    responses={
        200: {
            "description": "The data, laid out",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    openapi_extra=operation(timeout=60, access=house(nobody=401)),
)
async def lay_out(
    user: NativeUser, body: ExtractRequest, request: Request, pool: Annotated[RenderPool, Depends(_pool)]
) -> Response:
    said = {"document": EXTRACT, "extract": body.model_dump(), "issuer": request.app.state.settings.issuer}
    try:
        pdf = await pool.render(said)
    except (RenderingUnavailable, RenderingFailed) as error:
        raise unavailable() from error
    return Response(pdf, media_type="application/pdf", headers={"Cache-Control": "no-store"})
