"""Answers that need two services. An operation asks for one by its name, in `x-composition`."""

from gateway.compositions.me import compose_me
from gateway.compositions.parts import Compose, Parts

COMPOSITIONS: dict[str, Compose] = {"me": compose_me}

__all__ = ["COMPOSITIONS", "Compose", "Parts"]
