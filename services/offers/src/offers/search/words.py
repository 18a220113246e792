"""How French text becomes words to search by: the same way for what is indexed and for what is asked."""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations
from zlib import crc32

MAX_WORD = 40
MAX_QUERY_WORDS = 8
MIN_PREFIX = 3
MIN_TYPO = 4
MIN_TWO_TYPOS = 8
FORM_LETTERS = 7

_WORD = re.compile(r"[a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae", "ß": "ss", "’": " ", "'": " "})

# Words that carry no meaning in the name of an offer, spelled without accents. Elided forms (l', d', qu') are here as
# the letters that an apostrophe leaves.
_STOP_WORDS = """
a au aux avec c ce cela ces cet cette ceux chez comme d dans de des donc dont du elle elles en entre es est et etaient
etait etant etre eu eux fut il ils j je jusqu l la le les leur leurs lui m ma mais me meme mes moi mon n ne ni nos notre
nous on ont or ou par pas pour qu quand que quel quelle quelles quels qui quoi s sa sans se sera ses si sil son sont
sous sur t ta te tes toi ton tous tout toute toutes tu un une vers vos votre vous y
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def plain(text: str) -> str:
    """The text in lower case, without accents, ligatures opened: `L'Œuvre d'été` gives `l oeuvre d ete`."""
    opened = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(char for char in opened if not unicodedata.combining(char)).casefold()


def words(text: str) -> list[str]:
    """The words of a text that are worth searching, in order."""
    return [word[:MAX_WORD] for word in _WORD.findall(plain(text)) if word not in STOP_WORDS]


def query_words(text: str) -> list[str]:
    """The words of a query, each once, the first few. A query of stop words alone is taken at its word."""
    found = list(dict.fromkeys(words(text)))
    if not found:
        found = list(dict.fromkeys(word[:MAX_WORD] for word in _WORD.findall(plain(text))))
    return found[:MAX_QUERY_WORDS]


def allowed_typos(word: str) -> int:
    """How many mistakes a word may hold: one from 4 letters on, two from 8; none in numbers (offers rules: search)."""
    if len(word) < MIN_TYPO or word.isdigit():
        return 0
    return 2 if len(word) >= MIN_TWO_TYPOS else 1


def forms(word: str) -> list[int]:
    """What is left of the beginning of a word when letters are forgotten, as many as there may be typos: hashes, 32 bits.

    Two words within that distance of each other have a form in common: each typo costs a letter on either side at most.
    The beginning alone keeps the forms few.
    """
    if len(word) < MIN_TYPO - 1 or word.isdigit():
        return []
    # The neighbour of a word that may hold two typos can be two letters shorter.
    most = 2 if len(word) >= MIN_TWO_TYPOS - 2 else 1
    start = word[:FORM_LETTERS]
    kept = {
        "".join(letters)
        for length in range(max(len(start) - most, 1), len(start) + 1)
        for letters in combinations(start, length)
    }
    return sorted(crc32(form.encode()) - (1 << 31) for form in kept)


def distance(left: str, right: str, most: int) -> int:
    """How many letters to add, drop, change or swap with their neighbour; `most + 1` as soon as it is more than `most`."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        current = [i]
        for j, b in enumerate(right, start=1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return most + 1
        before, previous = previous, current
    return min(previous[-1], most + 1)


def meant(word: str, candidates: list[str], limit: int = 3) -> list[str]:
    """Which of the candidates a mistyped word may have meant, the nearest first."""
    most = allowed_typos(word)
    if not most:
        return []
    near = [(distance(word, candidate, most), candidate) for candidate in candidates]
    return [candidate for typos, candidate in sorted(near) if typos <= most][:limit]
