"""What the pages of the subscription's steps read and answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.web import NativeRequest, Response
from users.accounts.native_schemas import ADDRESS_MAX, CITY_MAX, ActivityIdEnum

NAME_MAX = 128


class SchoolTypesIdEnum(StrEnum):
    AGRICULTURAL_HIGH_SCHOOL = "AGRICULTURAL_HIGH_SCHOOL"
    APPRENTICE_FORMATION_CENTER = "APPRENTICE_FORMATION_CENTER"
    MILITARY_HIGH_SCHOOL = "MILITARY_HIGH_SCHOOL"
    HOME_OR_REMOTE_SCHOOLING = "HOME_OR_REMOTE_SCHOOLING"
    NAVAL_HIGH_SCHOOL = "NAVAL_HIGH_SCHOOL"
    PRIVATE_HIGH_SCHOOL = "PRIVATE_HIGH_SCHOOL"
    PRIVATE_SECONDARY_SCHOOL = "PRIVATE_SECONDARY_SCHOOL"
    PUBLIC_HIGH_SCHOOL = "PUBLIC_HIGH_SCHOOL"
    PUBLIC_SECONDARY_SCHOOL = "PUBLIC_SECONDARY_SCHOOL"


STORED_SCHOOL = {
    SchoolTypesIdEnum.AGRICULTURAL_HIGH_SCHOOL: "Lycée agricole",
    SchoolTypesIdEnum.APPRENTICE_FORMATION_CENTER: "Centre de formation d'apprentis",
    SchoolTypesIdEnum.MILITARY_HIGH_SCHOOL: "Lycée militaire",
    SchoolTypesIdEnum.HOME_OR_REMOTE_SCHOOLING: "Accompagnement spécialisé",
    SchoolTypesIdEnum.NAVAL_HIGH_SCHOOL: "Lycée maritime",
    SchoolTypesIdEnum.PRIVATE_HIGH_SCHOOL: "Lycée privé",
    SchoolTypesIdEnum.PRIVATE_SECONDARY_SCHOOL: "Collège privé",
    SchoolTypesIdEnum.PUBLIC_HIGH_SCHOOL: "Lycée public",
    SchoolTypesIdEnum.PUBLIC_SECONDARY_SCHOOL: "Collège public",
}
SCHOOL_OF_WORD = {word: identifier for identifier, word in STORED_SCHOOL.items()}

Name = Annotated[str, Field(max_length=NAME_MAX)]


class ProfileUpdateRequest(NativeRequest):
    activity_id: ActivityIdEnum
    address: str = Field(max_length=ADDRESS_MAX)
    city: str = Field(max_length=CITY_MAX)
    first_name: Name
    last_name: Name
    phone_number: str | None = None
    postal_code: str
    school_type_id: SchoolTypesIdEnum | None = None


class ProfileContent(Response):
    activity: ActivityIdEnum
    address: str | None = None
    city: str
    first_name: str
    last_name: str
    postal_code: str
    school_type: SchoolTypesIdEnum | None = None


class ProfileResponse(Response):
    """`profile` is null for a former record that cannot be read."""

    profile: ProfileContent | None = None


class ActivityResponseModel(Response):
    description: str | None = None
    id: ActivityIdEnum
    label: str


class ActivityTypesResponse(Response):
    activities: list[ActivityResponseModel]


class InseeCountry(Response):
    cog: int
    libcog: str


class InseeCountries(Response):
    countries: list[InseeCountry]
