"""Points and distances on the globe, for an index of plain space.

The Earth is a sphere; a point on it is a point of space in metres, and the straight line between two of them (the chord)
grows with the way along the surface (the arc), so an index of straight distances orders arcs too.
"""

from __future__ import annotations

from math import asin, cos, pi, radians, sin, sqrt

EARTH_RADIUS = 6_371_000.0


def cube_of(latitude: float, longitude: float) -> str:
    """The point as the `cube` extension reads it. Degrees."""
    phi, theta = radians(latitude), radians(longitude)
    x, y, z = cos(phi) * cos(theta), cos(phi) * sin(theta), sin(phi)
    return f"({EARTH_RADIUS * x:.3f}, {EARTH_RADIUS * y:.3f}, {EARTH_RADIUS * z:.3f})"


def chord_of(arc: float) -> float:
    """The straight distance of two points `arc` metres apart along the surface."""
    return 2 * EARTH_RADIUS * sin(min(arc / EARTH_RADIUS, pi) / 2)


def arc_of(chord: float) -> float:
    """The distance along the surface of two points `chord` metres apart in a straight line."""
    return 2 * EARTH_RADIUS * asin(min(chord / (2 * EARTH_RADIUS), 1.0))


def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Metres along the surface between two points in degrees."""
    phi, other_phi = radians(latitude), radians(other_latitude)
    half = (
        sin((other_phi - phi) / 2) ** 2 + cos(phi) * cos(other_phi) * sin(radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(half)))
