"""Who may call an operation, said beside it: what each kind of caller who is not entitled is answered.

Written into the OpenAPI document as `x-access`: `{"nobody": 401, "other": 403, …}`. Every operation declares one, and the
authorisation matrix (`./pc test fuzz`) asks each operation as each of these callers, about somebody else's real objects:

- `nobody`: without a token, or with one that is expired, forged, or of another surface;
- `suspended`: whose account was closed while their token still lives;
- `other`: another beneficiary, the portal user of another offerer, the API key of another provider;
- `unvalidated`: a portal user whose attachment to the offerer is not validated yet;
- `unsigned`: a message that does not carry its sender's signature or token;
- `outside`: who comes through the gateway, which does not route what is internal.

A number is the status of the refusal. `served` says that this caller is answered about their own alone: without a trace of
the objects of somebody else, which stay as they are. `public` says that what is shown is everybody's to see.
"""

from __future__ import annotations

from typing import Literal

Caller = Literal["nobody", "suspended", "other", "unvalidated", "unsigned", "outside"]
Answered = int | Literal["served", "public"]
Access = dict[Caller, Answered]

SERVED: Literal["served"] = "served"
PUBLIC: Literal["public"] = "public"
CALLERS_OF_SURFACE: dict[str, tuple[Caller, ...]] = {
    "native": ("nobody", "suspended", "other"),
    "pro": ("nobody", "suspended", "other", "unvalidated"),
    "public": ("nobody", "other"),
    "internal": ("outside",),
}


def anyone() -> Access:
    """Asks for no identity: who calls makes no difference."""
    return {"nobody": PUBLIC}


def signed() -> Access:
    """Believes a message by what it carries; another hears 401."""
    return {"unsigned": 401}


def house(*, nobody: Answered | None = None) -> Access:
    """For the house: the gateway does not know the path. `nobody` where it asks for an identity none the less."""
    access: Access = {"outside": 404}
    if nobody is not None:
        access["nobody"] = nobody
    return access


def people(*, other: Answered = SERVED, suspended: Answered = 403) -> Access:
    """For people of the app. `other` hears this when the objects that the request names are somebody else's."""
    return {"nobody": 401, "suspended": suspended, "other": other}


def partners(*, other: Answered = SERVED, unvalidated: Answered | None = None, suspended: Answered = 401) -> Access:
    """For people of the portal. Who is not validated yet hears what a stranger does, unless said."""
    return {
        "nobody": 401,
        "suspended": suspended,
        "other": other,
        "unvalidated": other if unvalidated is None else unvalidated,
    }


def providers(*, other: Answered = SERVED) -> Access:
    """For partners' software, by the provider whose key it is."""
    return {"nobody": 401, "other": other}
