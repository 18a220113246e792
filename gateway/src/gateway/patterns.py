"""A text that matches a regular expression, for examples. Pure."""

from __future__ import annotations

import re
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_SHOWN = "aA0 -_.@/:x1é"


def text_matching(pattern: str, least: int = 0) -> str | None:
    """A text that `pattern` finds, of `least` characters at least where repetitions allow it; None when none is found."""
    for more in (0, 1, max(0, least)):
        try:
            text = _sequence(parser.parse(pattern), more)
        except (re.error, ValueError, KeyError, NotImplementedError):
            return None
        if len(text) >= least and re.search(pattern, text):
            return text
    return None


def _sequence(parsed: Any, more: int) -> str:
    return "".join(_item(str(operator), argument, more) for operator, argument in parsed)


def _item(operator: str, argument: Any, more: int) -> str:
    match operator:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return next(character for character in _SHOWN if ord(character) != argument)
        case "ANY":
            return "x"
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return ""
        case "IN":
            return _one_of(argument)
        case "BRANCH":
            return _sequence(argument[1][0], more)
        case "SUBPATTERN":
            return _sequence(argument[-1], more)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            low, high, repeated = argument
            # A large upper bound compares as a constant of its own that is still a number.
            return _sequence(repeated, more) * min(int(high), max(int(low), more))
        case "CATEGORY":
            return _category(str(argument))
        case "ATOMIC_GROUP":
            return _sequence(argument, more)
        case _:
            raise NotImplementedError(operator)


def _category(name: str) -> str:
    return {
        "CATEGORY_DIGIT": "1",
        "CATEGORY_NOT_DIGIT": "a",
        "CATEGORY_SPACE": " ",
        "CATEGORY_NOT_SPACE": "a",
        "CATEGORY_WORD": "a",
        "CATEGORY_NOT_WORD": "-",
    }[name]


def _one_of(choices: list[tuple[Any, Any]]) -> str:
    operator, argument = choices[0]
    if str(operator) == "NEGATE":
        for character in _SHOWN:
            if not any(_accepts(str(kind), value, character) for kind, value in choices[1:]):
                return character
        raise NotImplementedError("a set that leaves nothing to show")
    if str(operator) == "RANGE":
        return chr(argument[0])
    return _item(str(operator), argument, 0)


def _accepts(operator: str, argument: Any, character: str) -> bool:
    match operator:
        case "LITERAL":
            return ord(character) == argument
        case "RANGE":
            return argument[0] <= ord(character) <= argument[1]
        case "CATEGORY":
            shape = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
            name = str(argument).removeprefix("CATEGORY_")
            expression = shape[name.removeprefix("NOT_")]
            return bool(re.fullmatch(expression, character)) != name.startswith("NOT_")
        case _:
            raise NotImplementedError(operator)
