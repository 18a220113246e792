"""What the messages say that `users` asks for (users rules: e-mails). Pure data; one template lays all of them out.

`{NAME}` stands for a parameter of the message. Beneficiaries are addressed with "tu", partners and agents with "vous".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Notice:
    """One message. `button` is a label and the parameter that holds its address; `second` another one, less prominent.

    `facts` are labels and parameters of a small table; `rows` names a parameter that is a list of {"name", "value"}.
    `opens`: what comes next happens in the app, or in the portal for partners.
    """

    subject: str
    paragraphs: tuple[str, ...]
    button: tuple[str, str] | None = None
    second: tuple[str, str] | None = None
    facts: tuple[tuple[str, str], ...] = ()
    rows: str | None = None
    formal: bool = False
    opens: bool = False


_NOT_YOU = "Si cette demande ne vient pas de toi, tu peux ignorer ce message : rien ne changera."
_RETRY = "Tu peux recommencer depuis l'application, avec une photo nette et un document en cours de validité."

_UBBLE = {
    "unreadable_document": "Ton document n'a pas pu être lu : la photo était floue, trop sombre ou coupée.",
    "information": "Les informations de ton document ne sont pas celles de ton compte.",
    "foreign_document": "Ce document n'est pas accepté pour vérifier ton identité.",
    "invalid_document": "Ton document a expiré.",
    "not_authentic_document": "Ton document n'a pas pu être authentifié.",
}

NOTICES: Mapping[str, Notice] = {
    "email_confirmation": Notice(
        "Confirme ton adresse e-mail",
        ("Bienvenue ! Il ne reste qu'à confirmer ton adresse pour activer ton compte.", _NOT_YOU),
        ("Confirmer mon adresse", "CONFIRMATION_LINK"),
    ),
    "email_already_exists": Notice(
        "Tu as déjà un compte",
        ("Quelqu'un a voulu créer un compte avec ton adresse, qui en a déjà un.", "Si tu as oublié ton mot de passe :"),
        ("Choisir un nouveau mot de passe", "RESET_PASSWORD_LINK"),
    ),
    "new_password_request": Notice(
        "Choisis un nouveau mot de passe",
        ("Tu as demandé un nouveau mot de passe. Le lien vaut 24 heures et ne sert qu'une fois.", _NOT_YOU),
        ("Choisir un nouveau mot de passe", "RESET_PASSWORD_LINK"),
    ),
    "new_password_request_for_suspicious_login": Notice(
        "Ton compte est de nouveau actif : choisis un mot de passe",
        (
            "Ton compte avait été bloqué après une connexion inhabituelle. Pour t'y reconnecter, change de mot de passe.",
        ),
        ("Choisir un nouveau mot de passe", "RESET_PASSWORD_LINK"),
    ),
    "suspicious_login": Notice(
        "Nouvelle connexion à ton compte",
        (
            "Quelqu'un s'est connecté à ton compte depuis un appareil que nous ne connaissons pas.",
            "Si c'était toi, tout va bien. Sinon, protège ton compte sans attendre :",
        ),
        ("Protéger mon compte", "ACCOUNT_SECURING_LINK"),
        facts=(
            ("Date", "LOGIN_DATE"),
            ("Heure", "LOGIN_TIME"),
            ("Lieu", "LOCATION"),
            ("Système", "OS"),
            ("Appareil", "SOURCE"),
        ),
    ),
    "email_change_request": Notice(
        "Tu veux changer d'adresse e-mail",
        ("Confirme ta demande dans les {EXPIRATION_DELAY} heures.", "Si elle ne vient pas de toi, bloque ton compte."),
        ("Confirmer ma demande", "CONFIRMATION_LINK"),
        ("Ce n'est pas moi : bloquer mon compte", "CANCELLATION_LINK"),
    ),
    "email_change_confirmation": Notice(
        "Confirme ta nouvelle adresse e-mail",
        ("Pour que cette adresse devienne celle de ton compte, confirme-la dans les {EXPIRATION_DELAY} heures.",),
        ("Confirmer ma nouvelle adresse", "CONFIRMATION_LINK"),
    ),
    "email_change_information": Notice(
        "Ton adresse e-mail a changé", ("Cette adresse est maintenant celle de ton compte pass Culture.",)
    ),
    "email_change_cancellation": Notice(
        "Ton changement d'adresse est annulé",
        (
            "Tu as signalé que cette demande ne venait pas de toi : ton compte garde son adresse actuelle.",
            "Par sécurité, il est suspendu. Écris-nous pour le retrouver.",
        ),
    ),
    "user_request_delete_account_reception": Notice(
        "Ta demande de suppression est enregistrée",
        (
            "Ton compte est suspendu. Tu peux encore le réactiver pendant 60 jours, en te reconnectant.",
            "Passé ce délai, il sera supprimé.",
        ),
    ),
    "notification_before_deleting_suspended_account": Notice(
        "Ton compte sera bientôt supprimé",
        ("Tu as demandé la suppression de ton compte. Pour le garder, reconnecte-toi avant la fin du délai.",),
    ),
    "account_unsuspended": Notice(
        "Ton compte est réactivé", ("Tu peux de nouveau te connecter et réserver avec le pass Culture.",), opens=True
    ),
    "beneficiary_pre_anonymization": Notice(
        "Tes données seront bientôt effacées",
        ("Ta demande est prise en compte : les données de ton compte seront rendues anonymes, définitivement.",),
    ),
    "accepted_as_beneficiary_v3": Notice(
        "Ton crédit est arrivé",
        ("Ton identité est vérifiée : {FORMATTED_CREDIT} t'attendent sur ton pass Culture.", "À toi de choisir !"),
        opens=True,
    ),
    "recredit": Notice("Ton crédit a augmenté", ("De l'argent vient d'être ajouté à ton pass Culture.",), opens=True),
    "birthday_age_17": Notice(
        "Bon anniversaire !", ("Tu as 17 ans : vérifie ton identité pour recevoir ton crédit.",), opens=True
    ),
    "birthday_age_18_v3": Notice(
        "Bon anniversaire !",
        (
            "Tu as 18 ans : {FORMATTED_CREDIT} de crédit t'attendent. Quelques étapes dans l'application et c'est à toi.",
        ),
        opens=True,
    ),
    "bonus_granted": Notice(
        "Ton bonus est accordé", ("Ta demande de bonus est acceptée, il est sur ton crédit.",), opens=True
    ),
    "bonus_declined": Notice(
        "Ton bonus n'est pas accordé", ("Ta situation ne permet pas d'accorder le bonus demandé.",)
    ),
    **{
        f"subscription_{name}_error": Notice("Ton identité n'a pas pu être vérifiée", (reason, _RETRY), opens=True)
        for name, reason in _UBBLE.items()
    },
    **{
        f"ubble_ko_reminder_{name}": Notice("Il te reste une étape pour ton crédit", (reason, _RETRY), opens=True)
        for name, reason in _UBBLE.items()
    },
    "subscription_rejected_for_duplicate_beneficiary": Notice(
        "Tu as déjà reçu un crédit",
        ("Un crédit a déjà été accordé à cette identité, sur le compte {DUPLICATE_BENEFICIARY_EMAIL}.",),
    ),
    "create_account_after_dms": Notice(
        "Crée ton compte pass Culture",
        ("Ton dossier est bien arrivé. Crée maintenant ton compte dans l'application, avec la même adresse.",),
        opens=True,
    ),
    "complete_subscription_after_dms": Notice(
        "Termine ton inscription",
        ("Ton dossier est accepté. Il te reste quelques étapes dans l'application.",),
        opens=True,
    ),
    "pre_subscription_dms_error_to_beneficiary": Notice(
        "Ton dossier est à corriger",
        ("Ces informations de ton dossier ne permettent pas de le traiter. Corrige-les pour continuer.",),
        rows="DMS_ERRORS",
    ),
    "fraud_duplicate_suspension": Notice(
        "Compte suspendu : doublon",
        ("Un compte vient d'être suspendu, car il ressemble à un autre.",),
        ("Voir le compte", "USER_LINK"),
        ("Voir son doublon", "DUPLICATE_LINK"),
        formal=True,
    ),
    "fraud_manual_review": Notice(
        "Compte à examiner", ("Un compte attend un examen.",), ("Voir le compte", "USER_LINK"), formal=True
    ),
    "update_request_accepted": Notice(
        "Ta demande de modification est acceptée",
        ("Les informations de ton compte ont été modifiées.",),
        facts=(("Dossier", "DS_APPLICATION_NUMBER"),),
    ),
    "update_request_refused": Notice(
        "Ta demande de modification est refusée",
        ("Les informations de ton compte restent ce qu'elles étaient.",),
        facts=(("Dossier", "DS_APPLICATION_NUMBER"),),
    ),
    "update_request_correction": Notice(
        "Ta demande de modification est à compléter",
        ("Il manque quelque chose à ton dossier : complète-le pour qu'il soit traité.",),
        facts=(("Dossier", "DS_APPLICATION_NUMBER"),),
    ),
    "personal_data_updated_from_backoffice": Notice(
        "Ton compte a été modifié",
        ("À ta demande, notre support a modifié une information de ton compte.",),
        facts=(("Information", "UPDATED_FIELD"),),
    ),
    "signup_email_confirmation_to_pro": Notice(
        "Confirmez votre adresse e-mail",
        ("Bienvenue sur l'espace partenaire. Confirmez votre adresse pour activer votre compte.",),
        ("Confirmer mon adresse", "EMAIL_VALIDATION_LINK"),
        formal=True,
    ),
    "reset_password_to_pro": Notice(
        "Choisissez un nouveau mot de passe",
        ("Vous avez demandé un nouveau mot de passe. Le lien vaut 24 heures et ne sert qu'une fois.",),
        ("Choisir un nouveau mot de passe", "LIEN_NOUVEAU_MDP"),
        formal=True,
    ),
    "reset_password_to_connected_pro": Notice(
        "Votre mot de passe a changé",
        ("Le mot de passe de votre compte a été modifié. Si ce n'est pas vous, contactez-nous sans attendre.",),
        facts=(("Date", "EVENT_DATE"), ("Heure", "EVENT_HOUR")),
        formal=True,
    ),
    "pro_email_change_request": Notice(
        "Changement d'adresse e-mail demandé",
        ("L'adresse de votre compte va devenir {NEW_EMAIL}.", "Si ce n'est pas vous, contactez-nous sans attendre."),
        facts=(("Adresse actuelle", "OLD_EMAIL"), ("Nouvelle adresse", "NEW_EMAIL")),
        formal=True,
    ),
    "pro_email_change_confirmation": Notice(
        "Confirmez votre nouvelle adresse e-mail",
        ("Pour que cette adresse devienne celle de votre compte, confirmez-la.",),
        ("Confirmer ma nouvelle adresse", "CONFIRMATION_LINK"),
        formal=True,
    ),
    "pro_pre_anonymization": Notice(
        "Vos données seront bientôt effacées",
        (
            "Votre compte ne sert plus depuis longtemps : ses données seront rendues anonymes dans trente jours.",
            "Pour le garder, il suffit de vous connecter à votre espace avant cette date.",
        ),
        formal=True,
        opens=True,
    ),
    "anonymization_confirmation": Notice(
        "Vos données sont effacées", ("Les données de votre compte ont été rendues anonymes.",), formal=True
    ),
}


def secret_parameters(kind: str) -> frozenset[str]:
    """The parameters of a message that let their reader act for somebody: they are forgotten once the mail has left."""
    notice = NOTICES.get(kind)
    if notice is None:
        return frozenset()
    return frozenset(name for pair in (notice.button, notice.second) if pair for name in pair[1:])


def filled(notice: Notice, parameters: Mapping[str, Any]) -> list[str]:
    """The paragraphs with their parameters in place."""
    known = {name: "" if value is None else str(value) for name, value in parameters.items()}
    return [paragraph.format_map(known) for paragraph in notice.paragraphs]
