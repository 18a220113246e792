"""docs/settings.md: every setting of every process, from the classes that read them."""

import inspect
import re
import types
import typing
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from local.paths import ROOT
from local.topology import SERVICES

PAGE = ROOT / "docs" / "settings.md"
# Addresses that carry a password.
_SECRET_NAMES = re.compile(r"^(database(_direct)?_url|redis_url|broker_url|smtp_url)$")

_HEAD = """# Settings

Every setting is a variable of the environment, read once at start. A secret may come as a file instead: the path in
`<NAME>_FILE`, or a file of its name (in lower case) in `SECRETS_DIRECTORY` (`/run/secrets`). On a developer's machine `./pc`
reads `.env.local.secret` in the repository's root (lines `NAME=value`), which git ignores.

This page is written by `./pc openapi` from the classes named `Settings`; their comments say more.
"""


def expected() -> dict[Path, str]:
    """The page and its text."""
    return {PAGE: page()}


def page() -> str:
    classes = {name: import_module(f"{name}.settings").Settings for name in ("gateway", *SERVICES)}
    shared = import_module("shared.settings").ServiceSettings
    parts = [_HEAD, "## Every service\n", *_table(shared, set(), "")]
    for name, settings in classes.items():
        parts += [f"\n## {name}\n", *_table(settings, set(shared.model_fields) if name != "gateway" else set(), name)]
    return "\n".join(parts) + "\n"


def _table(settings: type[Any], without: set[str], context: str) -> list[str]:
    comments = _comments(settings)
    rows = ["| variable | type | default | secret | meaning |", "| --- | --- | --- | --- | --- |"]
    for name, field in settings.model_fields.items():
        if name in without:
            continue
        variable = str(field.validation_alias or name).upper()
        if re.fullmatch(r"database(_direct)?_url", name):
            variable += f"_{context.upper()}" if context else "_&lt;SERVICE&gt;"
        secret = is_secret(name, field)
        cells = (
            f"`{variable}`" if "&" not in variable else variable,
            _type(field.annotation),
            _default(field, secret=secret),
            "yes" if secret else "",
            comments.get(name, ""),
        )
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def is_secret(name: str, field: FieldInfo) -> bool:
    """Whether a setting must not be seen: it is kept as a secret, or is an address with a password in it."""
    return SecretStr in (field.annotation, *typing.get_args(field.annotation)) or bool(_SECRET_NAMES.match(name))


def _type(annotation: Any) -> str:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return " or ".join(_type(part) for part in typing.get_args(annotation) if part is not type(None))
    if typing.get_origin(annotation) is typing.Literal:
        return ", ".join(f"`{value}`" for value in typing.get_args(annotation))
    if typing.get_origin(annotation) in (tuple, frozenset, list):
        return "list"
    return {"SecretStr": "text", "str": "text", "int": "integer", "float": "number", "bool": "true or false"}.get(
        getattr(annotation, "__name__", ""), getattr(annotation, "__name__", str(annotation))
    )


def _default(field: FieldInfo, *, secret: bool) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        return "a local one" if value.get_secret_value() else ""
    if value is None or value == "" or (secret and not value):
        return ""
    if isinstance(value, tuple | frozenset | list):
        return " ".join(f"`{part}`" for part in sorted(map(str, value)))
    return f"`{value}`"


def _comments(settings: type[Any]) -> dict[str, str]:
    """The comment that stands right above each field, in the class or those it is made of."""
    found: dict[str, str] = {}
    for base in reversed(settings.__mro__):
        if base.__module__.split(".")[0] in ("builtins", "pydantic", "pydantic_settings", "typing"):
            continue
        comment: list[str] = []
        for line in inspect.getsource(base).splitlines():
            text = line.strip()
            field = re.match(r"([a-z_0-9]+): ", text)
            if text.startswith("# "):
                comment.append(text[2:])
            elif field and line.startswith("    ") and not line.startswith("     "):
                found.setdefault(field[1], " ".join(comment).replace("|", "\\|"))
                comment = []
            else:
                comment = []
    return found
