"""Reads the data files of the category tables: `;`-separated tables and indented trees."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files


def _text(name: str) -> str:
    return (files("offers.categories") / "data" / name).read_text(encoding="utf-8")


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table by the names of its columns."""
    return csv.DictReader(_text(name).splitlines(), delimiter=";")


def lines(name: str) -> list[str]:
    return [line for line in _text(name).splitlines() if line]


@dataclass(slots=True)
class Node:
    """A line of a tree: `text = detail`, with the indented lines below it."""

    text: str
    detail: str
    children: list[Node] = field(default_factory=list)

    @property
    def code_and_label(self) -> tuple[int, str]:
        """For lines that begin with a number: the number and the rest."""
        code, _, label = self.text.partition(" ")
        return int(code), label


def tree(name: str) -> list[Node]:
    """The top nodes of a tree of two levels."""
    tops: list[Node] = []
    for line in lines(name):
        text, _, detail = line.strip().partition(" = ")
        node = Node(text, detail)
        if line.startswith(" "):
            tops[-1].children.append(node)
        else:
            tops.append(node)
    return tops
