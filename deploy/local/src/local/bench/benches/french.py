"""Made-up French: a vocabulary in which few words are everywhere and most are rare, and the towns where things happen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random

#: The commonest first, as in titles and descriptions of cultural offers.
_COMMON_TEXT = """
spectacle musique histoire vie monde concert jeune théâtre livre film jour temps amour artiste soirée festival scène
grand découverte atelier voyage public petit univers famille danse nuit création roman art exposition rencontre jeu
ville visite aventure nouveau œuvre auteur coeur secret homme femme enfant voix siècle rêve mer terre pays lumière jazz
rock orchestre piano guitare chanson classique opéra comédie humour cirque marionnettes conte poésie bande dessinée
manga héros guerre paix liberté mémoire mystère enquête policier fantastique magie sorcière dragon royaume empire étoile
planète espace robot futur cinéma documentaire réalisateur projection séance musée patrimoine château cathédrale jardin
parc forêt montagne rivière été hiver printemps automne noël fête carnaval bal électro rap slam hip-hop reggae blues
soul funk métal punk baroque symphonie quatuor violon violoncelle flûte clarinette saxophone trompette batterie
percussions choeur chorale lyrique ballet contemporain moderne ancien médiéval renaissance peinture sculpture
photographie dessin gravure céramique couture cuisine pâtisserie chocolat écriture lecture dédicace conférence débat
philosophie science astronomie biologie chimie physique mathématiques informatique programmation vidéo numérique virtuel
immersif expérience stage cours initiation débutant confirmé adolescent école collège lycée université étudiant
bibliothèque librairie médiathèque abonnement saison billet entrée libre légende destin silence ombre miroir fenêtre
maison chemin route train gare port bateau île plage océan tempête vent pluie neige soleil lune ciel feu eau pierre bois
fleur arbre oiseau cheval loup renard chat chien ours éléphant lion tigre
"""
COMMON = _COMMON_TEXT.split()

_ONSETS_TEXT = "b c d f g l m n p r s t v br cr dr fr gr pl pr tr bl cl fl ch ph qu"
_ONSETS = _ONSETS_TEXT.split()
_VOWELS = ["a", "e", "i", "o", "u", "é", "è", "ou", "ai", "eau", "oi", "an", "en", "in", "on", "eu"]
_CODAS = ["", "", "", "l", "r", "n", "s", "t", "x", "ge", "lle", "tte", "ne", "re", "que", "ment", "tion", "age", "ier"]
_FIRST_NAMES_TEXT = """
Camille Louise Jeanne Alice Chloé Inès Léa Manon Zoé Élise Margaux Nour Aïcha Fatou Mathilde Hélène Agnès Simone Yasmine
Rose Louis Gabriel Jules Adam Hugo Arthur Paul Victor Théo Noé Sacha Malik Ibrahim Samuel Étienne François Gaspard Côme
Loïc Rémi
"""
_FIRST_NAMES = _FIRST_NAMES_TEXT.split()
_LINKS = ("de", "du", "et", "à", "la", "les", "des", "en", "sur", "au")
#: Name, postal code, degrees north and east, how much happens there.
TOWNS = (
    ("Paris", "75011", 48.8600, 2.3500, 200),
    ("Marseille", "13001", 43.2965, 5.3698, 60),
    ("Lyon", "69002", 45.7640, 4.8357, 60),
    ("Toulouse", "31000", 43.6045, 1.4440, 40),
    ("Nice", "06000", 43.7102, 7.2620, 28),
    ("Nantes", "44000", 47.2184, -1.5536, 34),
    ("Montpellier", "34000", 43.6119, 3.8772, 28),
    ("Strasbourg", "67000", 48.5734, 7.7521, 28),
    ("Bordeaux", "33000", 44.8378, -0.5792, 34),
    ("Lille", "59000", 50.6292, 3.0573, 36),
    ("Rennes", "35000", 48.1173, -1.6778, 28),
    ("Reims", "51100", 49.2583, 4.0317, 14),
    ("Le Havre", "76600", 49.4944, 0.1079, 12),
    ("Saint-Étienne", "42000", 45.4397, 4.3872, 14),
    ("Toulon", "83000", 43.1242, 5.9280, 14),
    ("Grenoble", "38000", 45.1885, 5.7245, 20),
    ("Dijon", "21000", 47.3220, 5.0415, 15),
    ("Angers", "49000", 47.4784, -0.5632, 15),
    ("Nîmes", "30000", 43.8367, 4.3601, 12),
    ("Clermont-Ferrand", "63000", 45.7772, 3.0870, 14),
    ("Brest", "29200", 48.3904, -4.4861, 12),
    ("Tours", "37000", 47.3941, 0.6848, 13),
    ("Amiens", "80000", 49.8941, 2.2958, 11),
    ("Limoges", "87000", 45.8336, 1.2611, 9),
    ("Metz", "57000", 49.1193, 6.1757, 11),
    ("Besançon", "25000", 47.2378, 6.0241, 11),
    ("Perpignan", "66000", 42.6887, 2.8948, 10),
    ("Orléans", "45000", 47.9029, 1.9093, 11),
    ("Rouen", "76000", 49.4432, 1.0993, 14),
    ("Caen", "14000", 49.1829, -0.3707, 13),
    ("Nancy", "54000", 48.6921, 6.1844, 13),
    ("Avignon", "84000", 43.9493, 4.8055, 14),
    ("Poitiers", "86000", 46.5802, 0.3404, 9),
    ("La Rochelle", "17000", 46.1603, -1.1511, 9),
    ("Pau", "64000", 43.2951, -0.3708, 8),
    ("Ajaccio", "20000", 41.9192, 8.7386, 5),
    ("Saint-Denis", "97400", -20.8789, 55.4481, 8),
    ("Fort-de-France", "97200", 14.6161, -61.0588, 5),
    ("Cayenne", "97300", 4.9224, -52.3135, 4),
    ("Quimper", "29000", 47.9960, -4.1024, 6),
    ("Aurillac", "15000", 44.9310, 2.4448, 4),
    ("Arras", "62000", 50.2910, 2.7775, 6),
    ("Troyes", "10000", 48.2973, 4.0744, 6),
    ("Bourges", "18000", 47.0810, 2.3988, 7),
    ("Annecy", "74000", 45.8992, 6.1294, 8),
    ("Bayonne", "64100", 43.4929, -1.4748, 7),
)


@dataclass(frozen=True)
class French:
    """Words by how common they are. The same seed gives the same language."""

    words: tuple[str, ...]
    _weights: tuple[float, ...]

    @classmethod
    def of(cls, size: int) -> French:
        random = Random(1789)
        found: dict[str, None] = dict.fromkeys(COMMON)
        while len(found) < size:
            syllables = (random.choice(_ONSETS) + random.choice(_VOWELS) for _ in range(random.choice((1, 2, 2, 3))))
            found[("".join(syllables) + random.choice(_CODAS))[:20]] = None
        words = tuple(word for word in found if len(word) > 2)
        return cls(words, tuple(accumulate(1 / (place + 6) for place in range(len(words)))))

    def many(self, random: Random, count: int) -> list[str]:
        """So many words, the common ones more often."""
        return random.choices(self.words, cum_weights=self._weights, k=count)

    def title(self, random: Random, words: list[str]) -> str:
        """A title of these words, with what links them."""
        linked = [words[0]]
        for word in words[1:]:
            linked += [random.choice(_LINKS), word] if random.random() < 0.4 else [word]
        text = " ".join(linked)
        return text[:1].upper() + text[1:138]

    def person(self, random: Random) -> str:
        """Somebody's name: rare family names."""
        family = self.words[int(len(self.words) ** random.uniform(0.55, 1)) - 1]
        return f"{random.choice(_FIRST_NAMES)} {family.capitalize()}"
