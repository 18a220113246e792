"""Démarche Numérique over its GraphQL API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError, field_validator

from shared.outbound import Answer, Partner, PartnerNonsense, PartnerRefused
from users.identity.content import without_nul
from users.identity.dms import rules
from users.identity.dms.port import Deleted
from users.identity.dms.rules import Application, DmsState
from users.identity.settings import IdentitySettings

PAGE = 100
_APPLICATION = """
  id number state
  dateDerniereModification dateDerniereModificationChamps datePassageEnConstruction dateTraitement
  demarche { number }
  usager { email }
  demandeur { ... on PersonnePhysique { civilite nom prenom email } }
  champs { label stringValue }
  annotations { label stringValue updatedAt }
  messages { createdAt email }
  labels { id name }
"""
_ONE = f"query application($number: Int!) {{ dossier(number: $number) {{ {_APPLICATION} }} }}"
_MANY = f"""query applications($procedure: Int!, $after: String, $since: ISO8601DateTime, $state: DossierState) {{
  demarche(number: $procedure) {{
    dossiers(first: {PAGE}, after: $after, updatedSince: $since, state: $state, archived: false) {{
      pageInfo {{ endCursor hasNextPage }} nodes {{ {_APPLICATION} }} }} }} }}"""
_DELETED = f"""query deleted($procedure: Int!, $after: String, $since: ISO8601DateTime) {{
  demarche(number: $procedure) {{
    deletedDossiers(first: {PAGE}, after: $after, deletedSince: $since) {{
      pageInfo {{ endCursor hasNextPage }} nodes {{ number dateSupression }} }} }} }}"""
_LABELS = "query labels($procedure: Int!) { demarche(number: $procedure) { labels { id name } } }"


def _mutation(name: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"mutation {name}($input: {kind}Input!) {{ {name}(input: $input) {{ errors {{ message }} }} }}"


class _Node(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Champ(_Node):
    label: str
    value: str | None = Field(None, alias="stringValue")
    updated_at: datetime | None = Field(None, alias="updatedAt")


class _Message(_Node):
    created_at: datetime = Field(alias="createdAt")
    email: str


class _Label(_Node):
    id: str
    name: str


class _Application(_Node):
    id: str
    number: int
    state: DmsState
    procedure: int = Field(validation_alias=AliasPath("demarche", "number"))
    email: str = Field(validation_alias=AliasPath("usager", "email"))
    applicant_email: str | None = Field(None, validation_alias=AliasPath("demandeur", "email"))
    civility: str | None = Field(None, validation_alias=AliasPath("demandeur", "civilite"))
    first_name: str | None = Field(None, validation_alias=AliasPath("demandeur", "prenom"))
    last_name: str | None = Field(None, validation_alias=AliasPath("demandeur", "nom"))
    drafted_at: datetime = Field(alias="datePassageEnConstruction")
    modified_at: datetime = Field(alias="dateDerniereModification")
    user_modified_at: datetime | None = Field(None, alias="dateDerniereModificationChamps")
    processed_at: datetime | None = Field(None, alias="dateTraitement")
    fields: list[_Champ] = Field([], alias="champs")
    annotations: list[_Champ] = []
    messages: list[_Message] = []
    labels: list[_Label] = []

    @field_validator("fields", "annotations", "messages", "labels", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return value or []

    def read(self) -> Application:
        return Application(
            id=self.id,
            number=self.number,
            procedure=self.procedure,
            state=self.state,
            email=self.email,
            applicant_email=self.applicant_email or None,
            first_name=(self.first_name or "").strip(),
            last_name=(self.last_name or "").strip(),
            civility={"M": "M.", "Mme": "Mme"}.get(self.civility or ""),
            drafted_at=_utc(self.drafted_at),
            modified_at=_utc(self.modified_at),
            user_modified_at=_utc(self.user_modified_at) if self.user_modified_at else None,
            processed_at=_utc(self.processed_at) if self.processed_at else None,
            fields=tuple(rules.Field(item.label, item.value) for item in self.fields),
            annotations=tuple(
                rules.Annotation(item.label, item.value, _utc(item.updated_at) if item.updated_at else None)
                for item in self.annotations
            ),
            messages=tuple(rules.Message(_utc(item.created_at), item.email) for item in self.messages),
            labels=tuple(item.name for item in self.labels),
        )


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class UnknownApplication(PartnerRefused):
    """There is no such application, or it is not ours to read."""


class HttpDms:
    def __init__(self, partner: Partner, instructor_id: str) -> None:
        self._partner = partner
        self._instructor = instructor_id

    async def _ask(self, operation: str, query: str, *, safe: bool = True, **variables: Any) -> tuple[Answer, Any]:
        body = {"query": query, "operationName": None, "variables": variables}
        answer = await self._partner.call("POST", "", operation=operation, safe=safe, json=body)
        try:
            said = without_nul(answer.json())
        except ValueError as error:
            raise PartnerNonsense(self._partner.name, operation, "no JSON") from error
        if not isinstance(said, dict):
            raise PartnerNonsense(self._partner.name, operation, "no object")
        if said.get("errors"):
            raise UnknownApplication(self._partner.name, operation, answer)
        return answer, said.get("data")

    def _parsed(self, said: Any, operation: str) -> Application:
        try:
            return _Application.model_validate(said).read()
        except ValidationError as error:
            where = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
            raise PartnerNonsense(self._partner.name, operation, f"unexpected {where}") from None

    async def application(self, number: int) -> Application:
        _, data = await self._ask("application", _ONE, number=number)
        return self._parsed((data or {}).get("dossier"), "application")

    async def applications(
        self, procedure: int, *, since: datetime | None = None, state: DmsState | None = None
    ) -> AsyncIterator[Application]:
        variables = {"since": since.isoformat() if since else None, "state": state.value if state else None}
        async for node in self._pages("applications", _MANY, "dossiers", procedure, variables):
            yield self._parsed(node, "applications")

    async def deleted(self, procedure: int, *, since: datetime | None = None) -> AsyncIterator[Deleted]:
        variables = {"since": since.isoformat() if since else None}
        async for node in self._pages("deleted", _DELETED, "deletedDossiers", procedure, variables):
            try:
                yield Deleted(int(node["number"]), _utc(datetime.fromisoformat(node["dateSupression"])))
            except (KeyError, TypeError, ValueError) as error:
                raise PartnerNonsense(self._partner.name, "deleted", "unexpected node") from error

    async def _pages(
        self, operation: str, query: str, key: str, procedure: int, variables: dict[str, Any]
    ) -> AsyncIterator[Any]:
        after: str | None = None
        while True:
            _, data = await self._ask(operation, query, procedure=procedure, after=after, **variables)
            try:
                page = data["demarche"][key]
                nodes, info = page["nodes"], page["pageInfo"]
                following = info["endCursor"] if info["hasNextPage"] else None
            except (KeyError, TypeError) as error:
                raise PartnerNonsense(self._partner.name, operation, "unexpected page") from error
            for node in nodes:
                yield node
            if following is None or following == after:
                return
            after = following

    async def _change(self, name: str, **given: Any) -> None:
        answer, data = await self._ask(name, _mutation(name), safe=False, input=given)
        if ((data or {}).get(name) or {}).get("errors"):
            raise PartnerRefused(self._partner.name, name, answer)

    async def send_message(self, application_id: str, text: str) -> None:
        await self._change("dossierEnvoyerMessage", dossierId=application_id, instructeurId=self._instructor, body=text)

    async def _take(self, application_id: str, *, is_draft: bool) -> None:
        """A draft has to be taken up before it can be decided."""
        if is_draft:
            await self._change(
                "dossierPasserEnInstruction",
                dossierId=application_id,
                instructeurId=self._instructor,
                disableNotification=True,
            )

    async def refuse(self, application_id: str, reason: str, *, is_draft: bool) -> None:
        await self._take(application_id, is_draft=is_draft)
        await self._change(
            "dossierRefuser", dossierId=application_id, instructeurId=self._instructor, motivation=reason
        )

    async def close_without_continuation(self, application_id: str, reason: str, *, is_draft: bool) -> None:
        await self._take(application_id, is_draft=is_draft)
        await self._change(
            "dossierClasserSansSuite", dossierId=application_id, instructeurId=self._instructor, motivation=reason
        )

    async def add_label(self, application_id: str, procedure: int, name: str) -> None:
        _, data = await self._ask("labels", _LABELS, procedure=procedure)
        known = ((data or {}).get("demarche") or {}).get("labels") or []
        label = next((item["id"] for item in known if item.get("name") == name), None)
        if label is not None:
            await self._change("dossierAjouterLabel", dossierId=application_id, labelId=label)

    async def archive(self, application_id: str) -> None:
        await self._change("dossierArchiver", dossierId=application_id, instructeurId=self._instructor)

    async def close(self) -> None:
        await self._partner.close()


def dms_for(settings: IdentitySettings, transport: httpx.AsyncBaseTransport | None = None) -> HttpDms:
    token = settings.dms_token.get_secret_value()
    partner = Partner(
        "dms",
        settings.partner_url(settings.dms_url, "dms"),
        deadline=60.0,
        timeout=30.0,
        headers={"Authorization": f"Bearer {token}"} if token else None,
        transport=transport,
    )
    return HttpDms(partner, settings.dms_instructor_id)
