"""The cultural survey: its questions, the answers that each takes, and what they are called. Pure data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Question(StrEnum):
    SORTIES = "SORTIES"
    FESTIVALS = "FESTIVALS"
    SPECTACLES = "SPECTACLES"
    ACTIVITES = "ACTIVITES"
    PROJECTIONS = "PROJECTIONS"
    LIVRES = "LIVRES"
    MUSIQUES = "MUSIQUES"


class AnswerId(StrEnum):
    """Every answer of every question."""

    FESTIVAL = "FESTIVAL"
    SPECTACLE = "SPECTACLE"
    BIBLIOTHEQUE = "BIBLIOTHEQUE"
    EVENEMENT_JEU = "EVENEMENT_JEU"
    CONCERT = "CONCERT"
    CINEMA = "CINEMA"
    MUSEE = "MUSEE"
    CONFERENCE = "CONFERENCE"
    COURS = "COURS"
    SANS_SORTIES = "SANS_SORTIES"
    FESTIVAL_MUSIQUE = "FESTIVAL_MUSIQUE"
    FESTIVAL_AVANT_PREMIERE = "FESTIVAL_AVANT_PREMIERE"
    FESTIVAL_SPECTACLE = "FESTIVAL_SPECTACLE"
    FESTIVAL_LIVRE = "FESTIVAL_LIVRE"
    FESTIVAL_CINEMA = "FESTIVAL_CINEMA"
    FESTIVAL_AUTRE = "FESTIVAL_AUTRE"
    SPECTACLE_HUMOUR = "SPECTACLE_HUMOUR"
    SPECTACLE_THEATRE = "SPECTACLE_THEATRE"
    SPECTACLE_RUE = "SPECTACLE_RUE"
    SPECTACLE_OPERA = "SPECTACLE_OPERA"
    SPECTACLE_CIRQUE = "SPECTACLE_CIRQUE"
    SPECTACLE_DANSE = "SPECTACLE_DANSE"
    SPECTACLE_AUTRE = "SPECTACLE_AUTRE"
    MATERIEL_ART_CREATIF = "MATERIEL_ART_CREATIF"
    PODCAST = "PODCAST"
    LIVRE = "LIVRE"
    JOUE_INSTRUMENT = "JOUE_INSTRUMENT"
    PRESSE_EN_LIGNE = "PRESSE_EN_LIGNE"
    JEU_VIDEO = "JEU_VIDEO"
    FILM_DOMICILE = "FILM_DOMICILE"
    SANS_ACTIVITES = "SANS_ACTIVITES"
    PROJECTION_FESTIVAL = "PROJECTION_FESTIVAL"
    PROJECTION_CINEMA = "PROJECTION_CINEMA"
    PROJECTION_VISITE = "PROJECTION_VISITE"
    PROJECTION_CONCERT = "PROJECTION_CONCERT"
    PROJECTION_CD_VINYLE = "PROJECTION_CD_VINYLE"
    PROJECTION_SPECTACLE = "PROJECTION_SPECTACLE"
    PROJECTION_ACTIVITE_ARTISTIQUE = "PROJECTION_ACTIVITE_ARTISTIQUE"
    PROJECTION_LIVRE = "PROJECTION_LIVRE"
    PROJECTION_CONFERENCE = "PROJECTION_CONFERENCE"
    PROJECTION_JEU = "PROJECTION_JEU"
    PROJECTION_AUTRE = "PROJECTION_AUTRE"
    MANGAS = "MANGAS"
    ROMANCE = "ROMANCE"
    FANTASY = "FANTASY"
    THRILLER = "THRILLER"
    ROMANS = "ROMANS"
    SOCIETE = "SOCIETE"
    PHILOSOPHIE = "PHILOSOPHIE"
    CULTURE = "CULTURE"
    HISTOIRE = "HISTOIRE"
    LIVRES_AUCUN = "LIVRES_AUCUN"
    RAP = "RAP"
    POP = "POP"
    ELECTRO = "ELECTRO"
    METAL = "METAL"
    FILMS = "FILMS"
    JAZZ = "JAZZ"
    CLASSIQUE = "CLASSIQUE"
    MUSIQUES_AUCUN = "MUSIQUES_AUCUN"


@dataclass(frozen=True)
class Answer:
    """An answer; `opens` is the question that it leads to."""

    id: str
    title: str
    subtitle: str | None = None
    opens: Question | None = None


def _answers(prefix: str = "", **titles: str) -> tuple[Answer, ...]:
    return tuple(Answer(prefix + name, title) for name, title in titles.items())


TITLES: Mapping[Question, str] = {
    Question.SORTIES: "Ces douze derniers mois, où es-tu sorti(e) ?",
    Question.FESTIVALS: "À quels festivals as-tu assisté ?",
    Question.SPECTACLES: "Quels spectacles as-tu vus ?",
    Question.ACTIVITES: "Ces douze derniers mois, qu'as-tu fait chez toi ?",
    Question.PROJECTIONS: "De quoi as-tu envie avec le pass Culture ?",
    Question.LIVRES: "Quels livres aimes-tu lire ?",
    Question.MUSIQUES: "Quelles musiques aimes-tu écouter ?",
}

ANSWERS: Mapping[Question, tuple[Answer, ...]] = {
    Question.SORTIES: (
        Answer("FESTIVAL", "À un festival", "de musique, de cinéma, de livres…", Question.FESTIVALS),
        Answer("SPECTACLE", "À un spectacle", "théâtre, danse, humour…", Question.SPECTACLES),
        *_answers(
            BIBLIOTHEQUE="À la bibliothèque ou à la médiathèque",
            EVENEMENT_JEU="À un jeu ou à une rencontre de jeu vidéo",
            CONCERT="À un concert",
            CINEMA="Au cinéma",
            MUSEE="Au musée ou à une visite",
            CONFERENCE="À une conférence ou à une rencontre",
            COURS="À un cours de pratique artistique",
            SANS_SORTIES="Nulle part de tout cela",
        ),
    ),
    Question.FESTIVALS: _answers(
        "FESTIVAL_",
        MUSIQUE="Un festival de musique",
        AVANT_PREMIERE="Une avant-première",
        SPECTACLE="Un festival de spectacles",
        LIVRE="Un salon du livre",
        CINEMA="Un festival de cinéma",
        AUTRE="Un autre festival",
    ),
    Question.SPECTACLES: _answers(
        "SPECTACLE_",
        HUMOUR="De l'humour",
        THEATRE="Du théâtre",
        RUE="Du spectacle de rue",
        OPERA="De l'opéra",
        CIRQUE="Du cirque",
        DANSE="De la danse",
        AUTRE="Un autre spectacle",
    ),
    Question.ACTIVITES: _answers(
        MATERIEL_ART_CREATIF="Créer de mes mains",
        PODCAST="Écouter des podcasts",
        LIVRE="Lire",
        JOUE_INSTRUMENT="Jouer d'un instrument",
        PRESSE_EN_LIGNE="Lire la presse en ligne",
        JEU_VIDEO="Jouer aux jeux vidéo",
        FILM_DOMICILE="Regarder des films ou des séries",
        SANS_ACTIVITES="Rien de tout cela",
    ),
    Question.PROJECTIONS: _answers(
        "PROJECTION_",
        FESTIVAL="Aller à un festival",
        CINEMA="Aller au cinéma",
        VISITE="Visiter un musée ou un monument",
        CONCERT="Aller à un concert",
        CD_VINYLE="Acheter des CD ou des vinyles",
        SPECTACLE="Voir un spectacle",
        ACTIVITE_ARTISTIQUE="Pratiquer un art",
        LIVRE="Acheter des livres",
        CONFERENCE="Assister à une conférence",
        JEU="Jouer",
        AUTRE="Autre chose",
    ),
    Question.LIVRES: _answers(
        MANGAS="Des mangas et des bandes dessinées",
        ROMANCE="De la romance",
        FANTASY="De la fantasy et de la science-fiction",
        THRILLER="Des policiers et des thrillers",
        ROMANS="Des romans",
        SOCIETE="Des livres sur la société",
        PHILOSOPHIE="De la philosophie",
        CULTURE="Des livres d'art et de culture",
        HISTOIRE="Des livres d'histoire",
        LIVRES_AUCUN="Aucun",
    ),
    Question.MUSIQUES: _answers(
        RAP="Du rap",
        POP="De la pop",
        ELECTRO="De l'électro",
        METAL="Du metal et du rock",
        FILMS="Des musiques de films",
        JAZZ="Du jazz",
        CLASSIQUE="De la musique classique",
        MUSIQUES_AUCUN="Aucune",
    ),
}


def are_consistent(answers: Sequence[tuple[Question, Sequence[str]]]) -> bool:
    """Whether each question is answered once, with its own answers, each once."""
    questions = [question for question, _ in answers]
    if len(set(questions)) < len(questions):
        return False
    for question, ids in answers:
        known = {answer.id for answer in ANSWERS[question]}
        if len(set(ids)) < len(ids) or not known.issuperset(ids):
            return False
    return True
