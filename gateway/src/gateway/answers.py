"""The gateway's own answers, in the shapes of the contracts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Header = tuple[bytes, bytes]

JSON_TYPE: Header = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: status, headers without framing, body."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = (JSON_TYPE,)

    def framed(self, extra: Sequence[Header] = ()) -> list[Header]:
        """The headers, the body's length and `extra`."""
        return [*self.headers, (b"content-length", str(len(self.body)).encode()), *extra]


def json_answer(status: int, content: Any, headers: tuple[Header, ...] = ()) -> Answer:
    """An answer whose body is `content` as JSON."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, (JSON_TYPE, *headers))


def global_error(status: int, message: str, headers: tuple[Header, ...] = ()) -> Answer:
    """An error about the request as a whole: `{"global": [message]}`."""
    return json_answer(status, {"global": [message]}, headers)


NOT_FOUND = json_answer(404, {})
BAD_REQUEST = global_error(400, "La requête est illisible.")
CLIENT_TOO_SLOW = global_error(408, "La requête a mis trop de temps à arriver.", ((b"connection", b"close"),))
HEAD_TOO_LARGE = global_error(431, "Les en-têtes de la requête sont trop volumineux.", ((b"connection", b"close"),))
BAD_GATEWAY = global_error(502, "Le service a donné une réponse illisible. Veuillez réessayer plus tard.")
INTERNAL_ERROR = global_error(
    500, "Il semble que nous ayons des problèmes techniques :( On répare ça le plus vite possible."
)


def method_not_allowed(allowed: Sequence[str]) -> Answer:
    """405 for a known path."""
    return global_error(
        405,
        "La méthode que vous utilisez n'existe pas sur notre serveur.",
        ((b"allow", ", ".join(sorted(allowed)).encode()),),
    )


def body_too_large(limit: int) -> Answer:
    """413; `limit` in bytes."""
    return global_error(413, f"Le contenu envoyé est trop volumineux : {limit} octets au plus.")


def unavailable(seconds: int = 2) -> Answer:
    """503: the service behind the route cannot be reached, or does not answer."""
    return global_error(
        503,
        "Le service est momentanément indisponible. Veuillez réessayer dans quelques instants.",
        ((b"retry-after", str(seconds).encode()),),
    )


def too_many_requests(seconds: int) -> Answer:
    """429; `seconds` until one more request fits."""
    return global_error(
        429,
        "Nombre de tentatives dépassé. Veuillez réessayer plus tard.",
        ((b"retry-after", str(seconds).encode()),),
    )
