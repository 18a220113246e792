"""Whether an offer that its partner publishes is accepted at once or waits for a review (offers rules: validation).

Pure: the rules and what they look at are given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from offers.offers.values import ConfidenceLevel, OfferValidation


@dataclass(frozen=True)
class Rule:
    """A rule flags an offer when all of `sub_rules` hold; one without sub-rules flags nothing."""

    id: int
    sub_rules: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Subject:
    """What rules may look at, by model: attributes of the offer, its venue, its offerer, and of each of its stocks."""

    offer: Mapping[str, Any]
    venue: Mapping[str, Any]
    offerer: Mapping[str, Any]
    stocks: Sequence[Mapping[str, Any]]

    def values(self, model: str | None, attribute: str) -> list[Any] | None:
        """The values of an attribute; None when the model does not apply to an individual offer."""
        if model is None:
            return ["Offer"] if attribute == "class_name" else None
        if model == "Stock":
            return [stock[attribute] for stock in self.stocks if attribute in stock]
        source = {"Offer": self.offer, "Venue": self.venue, "Offerer": self.offerer}.get(model)
        return None if source is None else [source.get(attribute)]


def normalized(value: Any) -> Any:
    """Text without accents and in lower case; anything else as it is."""
    if not isinstance(value, str):
        return value
    decomposed = unicodedata.normalize("NFKD", value)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).lower()


def _number(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(value: Any, reference: Any) -> bool:
        try:
            return value is not None and compare(value, reference)
        except TypeError:
            return False

    return holds


def _words(reference: Any) -> list[str]:
    return [normalized(word) for word in (reference if isinstance(reference, list) else [reference])]


def _contains(value: Any, reference: Any) -> bool:
    text = normalized(value)
    return isinstance(text, str) and bool(text) and any(word in text for word in _words(reference))


def _contains_exact(value: Any, reference: Any) -> bool:
    text = normalized(value)
    return isinstance(text, str) and any(
        re.search(rf"(?<!\S){re.escape(word)}(?!\S)", text) for word in _words(reference)
    )


def _in(value: Any, reference: Any) -> bool:
    return normalized(value) in [normalized(item) for item in reference]


def _intersects(value: Any, reference: Any) -> bool:
    return bool({normalized(item) for item in value or []} & {normalized(item) for item in reference})


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda value, reference: normalized(value) == normalized(reference),
    "!=": lambda value, reference: normalized(value) != normalized(reference),
    ">": _number(lambda value, reference: value > reference),
    ">=": _number(lambda value, reference: value >= reference),
    "<": _number(lambda value, reference: value < reference),
    "<=": _number(lambda value, reference: value <= reference),
    "in": _in,
    "not in": lambda value, reference: not _in(value, reference),
    "contains": _contains,
    "contains-exact": _contains_exact,
    "intersects": _intersects,
    "not intersects": lambda value, reference: not _intersects(value, reference),
}


def _holds(sub_rule: Mapping[str, Any], subject: Subject) -> bool:
    values = subject.values(sub_rule.get("model"), sub_rule["attribute"])
    operator = _OPERATORS.get(sub_rule["operator"])
    if values is None or operator is None:
        return False
    comparated = sub_rule["comparated"]
    reference = comparated["comparated"] if isinstance(comparated, Mapping) else comparated
    return any(operator(value, reference) for value in values)


def flags(rule: Rule, subject: Subject) -> bool:
    return bool(rule.sub_rules) and all(_holds(sub_rule, subject) for sub_rule in rule.sub_rules)


def decide(
    confidence: ConfidenceLevel | None, rules: Iterable[Rule], subject: Subject
) -> tuple[OfferValidation, list[int]]:
    """The automatic decision, never a refusal, and the ids of the rules that flag the offer.

    A whitelisted partner is accepted without a look at the rules; one under review always waits.
    """
    if confidence is ConfidenceLevel.WHITELIST:
        return OfferValidation.APPROVED, []
    flagging = [rule.id for rule in rules if flags(rule, subject)]
    waits = bool(flagging) or confidence is ConfidenceLevel.MANUAL_REVIEW
    return (OfferValidation.PENDING if waits else OfferValidation.APPROVED), flagging
