"""What the portal reads before it offers to erase an account."""

from __future__ import annotations

from shared.web import Response


class ProAnonymizationEligibilityResponseModel(Response):
    has_suspended_offerer: bool
    is_only_pro: bool
    is_sole_user_with_ongoing_activities: bool
