"""What other contexts are told of offerers and attachments."""

from __future__ import annotations

from offers.offerers.models import Offerer, UserOfferer
from shared.events import offers as facts


def offerer_state(offerer: Offerer) -> facts.Offerer:
    return facts.Offerer(
        id=offerer.id,
        name=offerer.name,
        siren=offerer.siren,
        is_active=offerer.is_active,
        validation_status=offerer.validation_status.value,
    )


def attachment_state(attachment: UserOfferer) -> facts.Attachment:
    return facts.Attachment(
        id=attachment.id,
        user_id=attachment.user_id,
        offerer_id=attachment.offerer_id,
        validation_status=attachment.validation_status.value,
    )
