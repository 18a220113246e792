"""API Particulier v3 over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.outbound import Partner, PartnerNonsense, PartnerRefused
from users.bonus.rules import FRANCE, Child, Found, Person, Quotient
from users.identity.settings import IdentitySettings

_NO_APPLICATION, _NOBODY = httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY
_GENDERS = {"M": "M.", "F": "Mme"}
_LETTERS = {"M.": "M", "Mme": "F"}
_RECIPIENTS = frozenset({"allocataire", "ouvrant_droit"})


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Child(_Said):
    nom_naissance: str | None = None
    nom_usage: str | None = None
    prenoms: str | None = None
    date_naissance: date | None = None
    sexe: str | None = None


class _Value(_Said):
    fournisseur: str
    valeur: int
    annee: int
    mois: int
    annee_calcul: int | None = None
    mois_calcul: int | None = None


class _QuotientData(_Said):
    enfants: list[_Child] = []
    quotient_familial: _Value


class _QuotientAnswer(_Said):
    data: _QuotientData


class _AdultData(_Said):
    est_beneficiaire: bool


class _AdultAnswer(_Said):
    data: _AdultData


class _ChildData(_Said):
    status: str


class _ChildAnswer(_Said):
    data: _ChildData


class HttpHousehold:
    def __init__(self, partner: Partner, siret: str) -> None:
        self._partner = partner
        self._siret = siret

    def _query(self, person: Person, **more: Any) -> dict[str, Any]:
        said = {
            "recipient": self._siret,
            "nomNaissance": person.last_name.upper(),
            "nomUsage": person.common_name.upper() if person.common_name else None,
            "prenoms[]": [name.upper() for name in person.first_names],
            "anneeDateNaissance": person.birth_date.year,
            "moisDateNaissance": person.birth_date.month,
            "jourDateNaissance": person.birth_date.day,
            "sexeEtatCivil": _LETTERS[person.gender],
            "codeCogInseePaysNaissance": person.birth_country,
            "codeCogInseeCommuneNaissance": person.birth_city if person.birth_country == FRANCE else None,
            **more,
        }
        return {name: value for name, value in said.items() if value is not None}

    async def _ask(self, path: str, operation: str, query: dict[str, Any], model: type[BaseModel]) -> Any:
        answer = await self._partner.call("GET", path, operation=operation, params=query)
        try:
            return model.model_validate_json(answer.content)
        except ValidationError:
            # Not the values, nor where they came from: they are about a family.
            raise PartnerNonsense(self._partner.name, operation, "unexpected shape") from None

    async def quotient(self, custodian: Person, year: int, month: int) -> Quotient | None:
        query = self._query(custodian, annee=year, mois=month)
        try:
            said = await self._ask("/v3/dss/quotient_familial/identite", "quotient", query, _QuotientAnswer)
        except PartnerRefused as refused:
            if refused.status in (_NO_APPLICATION, _NOBODY):
                return None
            raise
        value = said.data.quotient_familial
        return Quotient(
            value=value.valeur,
            year=value.annee,
            month=value.mois,
            provider=value.fournisseur,
            computation_year=value.annee_calcul,
            computation_month=value.mois_calcul,
            children=tuple(
                Child(
                    child.nom_naissance,
                    child.nom_usage,
                    child.prenoms,
                    child.date_naissance,
                    _GENDERS.get(child.sexe or "", child.sexe),
                )
                for child in said.data.enfants
            ),
        )

    async def adult_allowance(self, person: Person) -> str:
        path = "/v3/dss/allocation_adulte_handicape/identite"
        try:
            said = await self._ask(path, "adult_allowance", self._query(person), _AdultAnswer)
        except PartnerRefused as refused:
            return self._missing(refused)
        return Found.RECIPIENT if said.data.est_beneficiaire else Found.NOT_RECIPIENT

    async def child_allowance(self, person: Person) -> str:
        path = "/v3/dss/allocation_enfant_handicape/identite"
        try:
            said = await self._ask(path, "child_allowance", self._query(person), _ChildAnswer)
        except PartnerRefused as refused:
            return self._missing(refused)
        return Found.RECIPIENT if said.data.status in _RECIPIENTS else Found.NOT_RECIPIENT

    @staticmethod
    def _missing(refused: PartnerRefused) -> str:
        """404: the person has no application; 422: nobody, or several people, have that civil status."""
        if refused.status == _NO_APPLICATION:
            return Found.NO_APPLICATION
        if refused.status == _NOBODY:
            return Found.NOBODY
        raise refused

    async def close(self) -> None:
        await self._partner.close()


def household_for(settings: IdentitySettings, transport: httpx.AsyncBaseTransport | None = None) -> HttpHousehold:
    token = settings.household_token.get_secret_value()
    partner = Partner(
        "api-particulier",
        settings.partner_url(settings.household_url, "household"),
        deadline=30.0,
        timeout=20.0,
        headers={"Authorization": f"Bearer {token}"} if token else None,
        transport=transport,
    )
    return HttpHousehold(partner, settings.household_siret)
