"""ÉduConnect, played: a SAML identity provider that signs, and that can be told to cheat."""

from __future__ import annotations

from base64 import b64encode
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureMethod, XMLSigner, methods

from shared import clock
from users.eligibility.rules import birthday
from users.identity.educonnect import rules
from users.identity.educonnect.metadata import PROTOCOL, REDIRECT
from users.identity.educonnect.requests import read_signed_query, saml_instant
from users.identity.educonnect.responses import BEARER, SUCCESS
from users.identity.educonnect.xml import DS, MD, SAML, SAMLP, BadXml, parse, tag, text_of
from users.partners import Partners, PartnersOf
from users.simulators.forms import read_form
from users.simulators.keys import LocalKeys
from users.simulators.pages import choice, field, form, page, paragraph
from users.simulators.store import StoreOf

router = APIRouter(prefix="/simulators/educonnect", include_in_schema=False)
NAME = "educonnect"

OUTCOMES = (
    ("good", "acceptée"),
    ("parent", "un parent, pas un élève"),
    ("incomplete", "sans date de naissance"),
    ("refused", "refusée par ÉduConnect"),
    ("unsigned", "sans signature"),
    ("tampered", "modifiée après signature"),
    ("wrapped", "signature déplacée (wrapping)"),
    ("audience", "pour un autre service"),
    ("recipient", "pour une autre adresse"),
    ("late", "trop vieille"),
    ("unknown", "réponse à une autre demande"),
)


def _base(partners: Partners) -> str:
    return f"{partners.settings.users_url.rstrip('/')}/simulators/educonnect"


def _keys(partners: Partners) -> LocalKeys:
    if partners.keys is None:
        raise RuntimeError("nobody simulates here")
    return partners.keys


@router.get("/metadata")
async def metadata(store: StoreOf, partners: PartnersOf) -> Response:
    await store.behave(NAME)
    certificate = await _keys(partners).certificate("educonnect-idp")
    root = etree.Element(
        tag(MD, "EntityDescriptor"), {"entityID": f"{_base(partners)}/idp"}, nsmap={"md": MD, "ds": DS}
    )
    idp = etree.SubElement(root, tag(MD, "IDPSSODescriptor"), {"protocolSupportEnumeration": PROTOCOL})
    key = etree.SubElement(idp, tag(MD, "KeyDescriptor"), {"use": "signing"})
    data = etree.SubElement(etree.SubElement(key, tag(DS, "KeyInfo")), tag(DS, "X509Data"))
    etree.SubElement(data, tag(DS, "X509Certificate")).text = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    location = {"Binding": REDIRECT, "Location": f"{_base(partners)}/sso"}
    etree.SubElement(idp, tag(MD, "SingleSignOnService"), location)
    return Response(etree.tostring(root), media_type="application/samlmetadata+xml")


@router.get("")
async def index() -> HTMLResponse:
    return page("ÉduConnect", paragraph("On arrive ici depuis l'app, par l'étape d'identification."))


@router.get("/sso")
async def sso(request: Request, store: StoreOf, partners: PartnersOf) -> HTMLResponse:
    await store.behave(NAME)
    xml = read_signed_query(request.url.query, (await partners.educonnect.key()).public_key())
    try:
        root = parse(xml or b"")
    except BadXml:
        return page("ÉduConnect", paragraph("Cette demande n'est pas signée par le pass Culture."), status=400)
    born = birthday(clock.today() - timedelta(days=40), -17)
    return page(
        "ÉduConnect : se connecter",
        paragraph(f"Demande de {text_of(root.find(tag(SAML, 'Issuer')))}."),
        form(
            f"{_base(partners)}/answer",
            f'<input type=hidden name=request_id value="{root.get("ID")}">',
            f'<input type=hidden name=acs value="{root.get("AssertionConsumerServiceURL")}">',
            choice("outcome", "Réponse", OUTCOMES),
            field("first_name", "Prénom", "Zoé"),
            field("last_name", "Nom", "Lévy"),
            field("birth_date", "Date de naissance", born.isoformat(), "date"),
            field("ine_hash", "INE (empreinte)", uuid4().hex),
            choice("civility", "Civilité", (("Mme", "Mme"), ("M.", "M."))),
            submit="Répondre",
        ),
    )


@router.post("/answer")
async def answer(request: Request, partners: PartnersOf) -> Response:
    """A page that posts the response, as identity providers do."""
    said = await read_form(request)
    encoded = await response_for(partners, said)
    target = said.get("acs", "")
    return page(
        "ÉduConnect : retour au pass Culture",
        form(target, f'<input type=hidden name=SAMLResponse value="{encoded}">', submit="Continuer"),
        "<script>document.forms[0].submit()</script>",
    )


async def response_for(partners: Partners, said: dict[str, str], now: datetime | None = None) -> str:
    """A response as the form asks for it, in base64."""
    outcome, moment = said.get("outcome", "good"), now or clock.now()
    if outcome == "late":
        moment -= timedelta(minutes=20)
    assertion = _assertion(partners, said, outcome, moment)
    signed = _without_signature(assertion) if outcome == "unsigned" else await _signed(partners, assertion)
    root = _envelope(partners, said, outcome, moment)
    if outcome == "tampered":
        value = signed.find(f".//{tag(SAML, 'Attribute')}[@Name='{rules.FIRST_NAME}']/{tag(SAML, 'AttributeValue')}")
        if value is not None:
            value.text = "Mallory"
    if outcome == "wrapped":
        signed = _wrapped(signed)
    root.append(signed)
    return b64encode(etree.tostring(root)).decode()


def _envelope(partners: Partners, said: dict[str, str], outcome: str, now: datetime) -> etree._Element:
    root = etree.Element(
        tag(SAMLP, "Response"),
        {
            "ID": f"_{uuid4().hex}",
            "Version": "2.0",
            "IssueInstant": saml_instant(now),
            "Destination": partners.settings.saml_acs_url,
            "InResponseTo": _request_id(said, outcome),
        },
        nsmap={"samlp": SAMLP, "saml": SAML, "ds": DS},
    )
    etree.SubElement(root, tag(SAML, "Issuer")).text = f"{_base(partners)}/idp"
    code = "urn:oasis:names:tc:SAML:2.0:status:Responder" if outcome == "refused" else SUCCESS
    etree.SubElement(etree.SubElement(root, tag(SAMLP, "Status")), tag(SAMLP, "StatusCode"), {"Value": code})
    return root


def _request_id(said: dict[str, str], outcome: str) -> str:
    return f"id-{uuid4().hex}" if outcome == "unknown" else said.get("request_id", "")


def _assertion(partners: Partners, said: dict[str, str], outcome: str, now: datetime) -> etree._Element:
    settings, end = partners.settings, saml_instant(now + timedelta(minutes=5))
    root = etree.Element(
        tag(SAML, "Assertion"),
        {"ID": f"_{uuid4().hex}", "Version": "2.0", "IssueInstant": saml_instant(now)},
        nsmap={"saml": SAML, "ds": DS},
    )
    etree.SubElement(root, tag(SAML, "Issuer")).text = f"{_base(partners)}/idp"
    etree.SubElement(root, tag(DS, "Signature"), {"Id": "placeholder"})
    subject = etree.SubElement(root, tag(SAML, "Subject"))
    etree.SubElement(subject, tag(SAML, "NameID")).text = uuid4().hex
    confirmation = etree.SubElement(subject, tag(SAML, "SubjectConfirmation"), {"Method": BEARER})
    etree.SubElement(
        confirmation,
        tag(SAML, "SubjectConfirmationData"),
        {
            "InResponseTo": _request_id(said, outcome),
            "NotOnOrAfter": end,
            "Recipient": "https://elsewhere.example/acs" if outcome == "recipient" else settings.saml_acs_url,
        },
    )
    window = {"NotBefore": saml_instant(now - timedelta(minutes=1)), "NotOnOrAfter": end}
    conditions = etree.SubElement(root, tag(SAML, "Conditions"), window)
    restriction = etree.SubElement(conditions, tag(SAML, "AudienceRestriction"))
    audience = "https://elsewhere.example" if outcome == "audience" else settings.saml_entity_id
    etree.SubElement(restriction, tag(SAML, "Audience")).text = audience
    statement = etree.SubElement(root, tag(SAML, "AttributeStatement"))
    for name, value in _attributes(said, outcome, now).items():
        attribute = etree.SubElement(statement, tag(SAML, "Attribute"), {"Name": name})
        etree.SubElement(attribute, tag(SAML, "AttributeValue")).text = value
    return root


def _attributes(said: dict[str, str], outcome: str, now: datetime) -> dict[str, str]:
    known: dict[str, Any] = {
        rules.FIRST_NAME: said.get("first_name", ""),
        rules.LAST_NAME: said.get("last_name", ""),
        rules.BIRTH_DATE: said.get("birth_date", ""),
        rules.INE_HASH: said.get("ine_hash", ""),
        rules.EDUCONNECT_ID: said.get("educonnect_id") or uuid4().hex,
        rules.CIVILITY: said.get("civility", ""),
        rules.USER_TYPE: "resp2d" if outcome == "parent" else "eleve2d",
        rules.LOGOUT_URL: "https://educonnect.example/Logout",
        rules.CONNECTED_AT: now.strftime("%Y-%m-%d %H:%M:%S.000"),
        rules.LEVEL: "2212",
        rules.SCHOOL: "0930000A",
    }
    if outcome == "incomplete":
        del known[rules.BIRTH_DATE]
    return known


async def _signed(partners: Partners, assertion: etree._Element) -> etree._Element:
    keys = _keys(partners)
    pem = (await keys.rsa("educonnect-idp")).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = await keys.certificate("educonnect-idp")
    signer = XMLSigner(
        method=methods.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    return signer.sign(
        assertion, key=pem, cert=[certificate], reference_uri=f"#{assertion.get('ID')}", id_attribute="ID"
    )


def _without_signature(assertion: etree._Element) -> etree._Element:
    placeholder = assertion.find(tag(DS, "Signature"))
    if placeholder is not None:
        assertion.remove(placeholder)
    return assertion


def _wrapped(signed: etree._Element) -> etree._Element:
    """The classic attack: the signed assertion is hidden inside an evil one that carries its signature."""
    evil, original = deepcopy(signed), deepcopy(signed)
    value = evil.find(f".//{tag(SAML, 'Attribute')}[@Name='{rules.FIRST_NAME}']/{tag(SAML, 'AttributeValue')}")
    if value is not None:
        value.text = "Mallory"
    evil.set("ID", f"_{uuid4().hex}")
    signature = evil.find(tag(DS, "Signature"))
    inner = original.find(tag(DS, "Signature"))
    if inner is not None:
        original.remove(inner)
    if signature is not None:
        etree.SubElement(signature, tag(DS, "Object")).append(original)
    return evil
