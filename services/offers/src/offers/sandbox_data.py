"""What the data sets hold: structures, their places, and the offers that they make. No logic."""

from __future__ import annotations

from dataclasses import dataclass, field

from stdnum import luhn


@dataclass(frozen=True)
class Place:
    """A venue. `siret` is completed from the structure's SIREN; a RIDET in New Caledonia."""

    name: str
    activity: str
    street: str
    postal_code: str
    city: str
    insee_code: str
    latitude: float
    longitude: float
    ban_id: str | None = None
    is_virtual: bool = False


@dataclass(frozen=True)
class Structure:
    """An offerer. `members` have a validated attachment, `candidates` wait for theirs; a name before `@example.com`."""

    name: str
    siren: str
    places: tuple[Place, ...]
    members: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    is_validated: bool = True
    tiny: bool = False


@dataclass(frozen=True)
class Sample:
    """An offer to make. Days are counted from today; `dates` of things are ignored, and so is `quantity` with codes.

    `end`: published, draft, hidden, scheduled, closed (bookings open later), pending, rejected.
    """

    name: str
    subcategory_id: str
    price_cents: int = 0
    dates: tuple[int, ...] = ()
    quantity: int | None = None
    description: str | None = None
    extra_data: dict[str, str] = field(default_factory=dict)
    url: str | None = None
    codes: int = 0
    duo_thing: bool = False
    has_image: bool = False
    second_price_cents: int | None = None
    ean: str | None = None
    end: str = "published"


def siren(first_eight: str) -> str:
    """A valid SIREN that begins with eight digits."""
    return first_eight + luhn.calc_check_digit(first_eight)


def siret(siren_or_rid7: str, number: int) -> str:
    """A valid SIRET of the structure, or a RIDET in New Caledonia."""
    if siren_or_rid7.startswith("NC"):
        return f"{siren_or_rid7}{number:03d}XX"
    begun = f"{siren_or_rid7}{number:04d}"
    return begun + luhn.calc_check_digit(begun)


CARTOUCHERIE = Place(
    "Théâtre du Soleil",
    "PERFORMANCE_HALL",
    "2 route du Champ de Manœuvre",
    "75012",
    "Paris",
    "75112",
    48.83394,
    2.44817,
    ban_id="75112_1791_00002",
)
BOOKSHOP = Place(
    "Librairie Le Port des mots",
    "BOOKSTORE",
    "12 rue Sainte",
    "13001",
    "Marseille",
    "13201",
    43.29357,
    5.37171,
    ban_id="13201_8552_00012",
)
MUSEUM = Place("Musée du Vieux-Port", "MUSEUM", "3 quai du Port", "13002", "Marseille", "13202", 43.29617, 5.36989)
CINEMA = Place("Cinéma Le Toucan", "CINEMA", "8 avenue des Roches", "97310", "Kourou", "97304", 5.15970, -52.65030)
NOUMEA = Place(
    "Médiathèque du Lagon", "LIBRARY", "1 promenade Vernier", "98800", "Nouméa", "98818", -22.28120, 166.45310
)
STREAMING = Place("Écrans Libres", "OTHER", "40 rue du Château d’Eau", "75010", "Paris", "75110", 48.87073, 2.35813)

STRUCTURES = (
    Structure("Théâtre du Soleil", "784340093", (CARTOUCHERIE,), members=("user.offerer",), tiny=True),
    Structure("Le Port des mots", siren("22222222"), (BOOKSHOP, MUSEUM), members=("user.offerer",), tiny=True),
    Structure("Le Toucan de Kourou", siren("22222223"), (CINEMA,), tiny=True),
    Structure("Association du Lagon", "NC1234567", (NOUMEA,), members=("pro1.nc",), tiny=True),
    Structure("Écrans Libres", siren("22222224"), (STREAMING,), tiny=True),
    Structure(
        "Compagnie des Étoiles",
        siren("22222225"),
        (
            Place(
                "Compagnie des Étoiles",
                "ARTISTIC_COMPANY",
                "5 rue de la République",
                "93000",
                "Bobigny",
                "93008",
                48.90872,
                2.43966,
            ),
        ),
        candidates=("activation",),
        is_validated=False,
        tiny=True,
    ),
    Structure(
        "Espace culturel de Drancy",
        siren("22222226"),
        (
            Place(
                "Espace culturel de Drancy",
                "CULTURAL_CENTRE",
                "1 place de l’Hôtel de Ville",
                "93700",
                "Drancy",
                "93029",
                48.92630,
                2.44550,
            ),
            Place(
                "Atelier du Parc", "ART_SCHOOL", "30 avenue Jean Jaurès", "93700", "Drancy", "93029", 48.92304, 2.44511
            ),
        ),
        members=("pctest.pro.incidents",),
    ),
    Structure(
        "Scène d’Aulnay",
        siren("22222227"),
        (
            Place(
                "Scène d’Aulnay",
                "PERFORMANCE_HALL",
                "134 avenue Anatole France",
                "93600",
                "Aulnay-sous-Bois",
                "93005",
                48.95120,
                2.49610,
            ),
        ),
    ),
    Structure(
        "Les Amis de Cayenne",
        siren("22222228"),
        (
            Place(
                "Musée de Cayenne",
                "MUSEUM",
                "1 avenue du Général de Gaulle",
                "97300",
                "Cayenne",
                "97302",
                4.93780,
                -52.33560,
            ),
        ),
    ),
    Structure(
        "Fenua d’Uvea",
        siren("22222229"),
        (
            Place(
                "Maison du Fenua",
                "CULTURAL_CENTRE",
                "1 route de Mata’Utu",
                "98600",
                "Uvea",
                "98613",
                -13.28220,
                -176.17620,
            ),
        ),
    ),
    Structure(
        "Disques de la Goutte d’Or",
        siren("22222230"),
        (
            Place(
                "La Goutte d’Or Records",
                "MUSIC_INSTRUMENT_STORE",
                "9 rue de la Goutte d’Or",
                "75018",
                "Paris",
                "75118",
                48.88540,
                2.35230,
            ),
        ),
    ),
    Structure(
        "Rennes en Scène",
        siren("22222231"),
        (
            Place(
                "Le Grand Chapiteau",
                "FESTIVAL",
                "1 esplanade Charles de Gaulle",
                "35000",
                "Rennes",
                "35238",
                48.10680,
                -1.67500,
            ),
            Place(
                "La Petite Scène",
                "PERFORMANCE_HALL",
                "14 rue Saint-Michel",
                "35000",
                "Rennes",
                "35238",
                48.11410,
                -1.68190,
            ),
        ),
    ),
    Structure(
        "Patrimoine de Lyon",
        siren("22222232"),
        (Place("Les Traboules", "HERITAGE_SITE", "27 rue Saint-Jean", "69005", "Lyon", "69385", 45.76290, 4.82740),),
    ),
    Structure(
        "Eac Un Lieu",
        siren("88145723"),
        (Place("Le Lieu", "CULTURAL_CENTRE", "3 rue Voltaire", "33000", "Bordeaux", "33063", 44.84170, -0.57560),),
        members=("eac_1_lieu", "pro_adage_eligible"),
    ),
)

SHOW = {"showType": "1300", "showSubType": "1307"}

TINY_SAMPLES: dict[str, tuple[Sample, ...]] = {
    "Théâtre du Soleil": (
        Sample(
            "Les Naufragés du Fol Espoir",
            "SPECTACLE_REPRESENTATION",
            1200,
            dates=(-12, 7, 14, 28),
            quantity=80,
            description="Une troupe, un navire, un monde à inventer.",
            extra_data=SHOW,
            has_image=True,
            second_price_cents=800,
        ),
        Sample("Lecture au coin du feu", "RENCONTRE", 0, dates=(-8, 10, 20), quantity=30, has_image=True),
        Sample("Concert dans la nef", "CONCERT", 1500, dates=(-20, 9, 16), quantity=2, extra_data={"musicType": "501"}),
        Sample("Atelier de masques", "ATELIER_PRATIQUE_ART", 1000, dates=(12, 19), quantity=12),
        Sample(
            "Nuit du théâtre",
            "SPECTACLE_REPRESENTATION",
            1800,
            dates=(40,),
            quantity=100,
            extra_data=SHOW,
            end="scheduled",
        ),
        Sample("Une saison de répétitions", "VISITE_GUIDEE", 500, dates=(25,), quantity=15, end="closed"),
        Sample("Projet sans date", "CONFERENCE", 300, dates=(30,), quantity=20, end="draft"),
    ),
    "Librairie Le Port des mots": (
        Sample(
            "Carnets de la Méditerranée",
            "LIVRE_PAPIER",
            1290,
            quantity=20,
            extra_data={"author": "Lise Morel"},
            ean="9780000000019",
            has_image=True,
        ),
        Sample(
            "Le Phare et la Nuit",
            "LIVRE_PAPIER",
            790,
            quantity=None,
            extra_data={"author": "Amin Haddad"},
            ean="9780000000026",
        ),
        Sample(
            "Petite histoire du vent",
            "LIVRE_PAPIER",
            1450,
            quantity=3,
            extra_data={"author": "Lise Morel"},
            ean="9780000000033",
        ),
        Sample(
            "Manuel de reliure",
            "LIVRE_PAPIER",
            990,
            quantity=5,
            extra_data={"author": "Jeanne Roux"},
            ean="9780000000040",
        ),
        Sample(
            "Dernier exemplaire",
            "LIVRE_PAPIER",
            600,
            quantity=0,
            extra_data={"author": "Anonyme"},
            ean="9780000000057",
        ),
        Sample("Coffret d’aquarelle", "MATERIEL_ART_CREATIF", 1480, quantity=10),
    ),
    "Musée du Vieux-Port": (
        Sample("Carte du musée", "CARTE_MUSEE", 0, quantity=None, duo_thing=True, has_image=True),
        Sample("Visite du port à l’aube", "VISITE_GUIDEE", 600, dates=(-6, 8, 15, 22), quantity=25, has_image=True),
        Sample("Exposition Horizons", "VISITE", 0, dates=(-5, 6, 13), quantity=None),
    ),
    "Cinéma Le Toucan": (
        Sample("La Nuit des lucioles", "SEANCE_CINE", 700, dates=(-9, 5, 6, 11), quantity=60, has_image=True),
        Sample("Carte dix séances", "CARTE_CINE_MULTISEANCES", 1500, quantity=40),
        Sample("Courts en plein air", "CINE_PLEIN_AIR", 0, dates=(18,), quantity=1),
    ),
    "Médiathèque du Lagon": (
        Sample("Abonnement annuel", "ABO_MEDIATHEQUE", 0, quantity=None),
        Sample("Contes kanak", "SPECTACLE_REPRESENTATION", 900, dates=(10, 17), quantity=40, extra_data=SHOW),
    ),
    "Écrans Libres": (
        Sample(
            "Un mois de cinéma d’auteur",
            "ABO_PLATEFORME_VIDEO",
            0,
            url="https://ecrans-libres.example.com/acces?code={token}",
            codes=40,
            has_image=True,
        ),
        Sample("Podcast Les Voix", "PODCAST", 300, quantity=None, url="https://ecrans-libres.example.com/podcast"),
        Sample(
            "Rencontre en direct",
            "RENCONTRE_EN_LIGNE",
            0,
            dates=(9,),
            quantity=200,
            url="https://ecrans-libres.example.com/direct",
        ),
    ),
}
