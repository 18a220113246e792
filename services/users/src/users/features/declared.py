"""The feature flags that this service's code reads, and those that front-ends alone read."""

from __future__ import annotations

from shared.features.declared import FeatureFlag, off, on


class Flag(FeatureFlag):
    # Jobs.
    ENABLE_ALL_CRON = on("Run scheduled commands", "Lancer les commandes planifiées")
    # Subscription and credits.
    WIP_FREE_ELIGIBILITY = on(
        "Give the free credit to 15 and 16 year-olds", "Donner le crédit gratuit aux jeunes de 15 et 16 ans"
    )
    ENABLE_UBBLE = on("Offer Ubble for the identity check", "Proposer Ubble pour vérifier l’identité")
    ENABLE_UBBLE_SUBSCRIPTION_LIMITATION = off(
        "Offer Ubble near a birthday only", "Ne proposer Ubble qu’à l’approche d’un anniversaire"
    )
    ENABLE_EDUCONNECT_AUTHENTICATION = on(
        "Offer ÉduConnect for the identity check", "Proposer ÉduConnect pour vérifier l’identité"
    )
    ENABLE_PHONE_VALIDATION = off(
        "Validate phone numbers by SMS at 18", "Valider par SMS le numéro de téléphone à 18 ans"
    )
    ENABLE_DMS_LINK_ON_MAINTENANCE_PAGE_FOR_AGE_18 = off(
        "Point to Démarche Numérique at 18 during maintenance",
        "Pendant la maintenance, orienter vers Démarche Numérique à 18 ans",
    )
    ENABLE_DMS_LINK_ON_MAINTENANCE_PAGE_FOR_UNDERAGE = off(
        "Point minors to Démarche Numérique during maintenance",
        "Pendant la maintenance, orienter les mineurs vers Démarche Numérique",
    )
    ENABLE_DS_APPLICATION_REFUSED_FROM_ANNOTATION = off(
        "Refuse applications at Démarche Numérique as their annotations say",
        "Refuser les dossiers Démarche Numérique selon leurs annotations",
    )
    ENABLE_NATIVE_CULTURAL_SURVEY = on(
        "Show the app's own cultural survey", "Afficher le questionnaire culturel de l’application"
    )
    ENABLE_CULTURAL_SURVEY = off(
        "Show the former cultural survey", "Afficher l’ancien questionnaire sur les pratiques culturelles"
    )
    # Faces of this service.
    ENABLE_NATIVE_APP_RECAPTCHA = on(
        "Verify a captcha in the app, where one is configured",
        "Vérifier un captcha dans l’application, s’il est configuré",
    )
    ENABLE_PRO_FEEDBACK = on(
        "Gather what partners think of pages", "Recueillir l’avis des partenaires culturels sur les pages"
    )
    ENABLE_PRO_ACCOUNT_CREATION = on(
        "Let partners create accounts", "Permettre aux partenaires culturels de créer un compte", portal=True
    )
    WIP_PRO_AUTONOMOUS_ANONYMIZATION = off(
        "Let partners erase their own account",
        "Permettre aux partenaires culturels d’anonymiser leur compte",
        portal=True,
    )
    # The app alone.
    DISPLAY_DMS_REDIRECTION = off(
        "Point to Démarche Numérique in the app", "Orienter vers Démarche Numérique dans l’application"
    )
    ENABLE_FRONT_IMAGE_RESIZING = off(
        "Let the app ask for resized images", "Demander des images redimensionnées dans l’application"
    )
    ID_CHECK_ADDRESS_AUTOCOMPLETION = on(
        "Complete addresses in the identity form", "Compléter les adresses dans le formulaire d’identité"
    )
    APP_ENABLE_AUTOCOMPLETE = on("Complete searches in the app", "Compléter les recherches saisies dans l’application")
    # The portal alone.
    ENABLE_MARSEILLE = off(
        "Show the Marseille en Grand programme", "Afficher le programme Marseille en Grand", portal=True
    )
    ENABLE_VENUE_STRICT_SEARCH = off("Search venues by exact words", "Chercher les lieux par mots exacts", portal=True)
    ENABLE_IOS_OFFERS_LINK_WITH_REDIRECTION = off(
        "Redirect iOS links of offers", "Rediriger les liens iOS des offres", portal=True
    )
    VENUE_REGULARIZATION = off(
        "Offer to regularise venues without SIRET", "Proposer de régulariser les lieux sans SIRET", portal=True
    )
    WIP_ENABLE_FINANCE_SETTLEMENTS = off("Show settlements", "Afficher les règlements", portal=True)
    WIP_ENABLE_OHO = off("Show opening hours of offers", "Afficher les horaires d’ouverture des offres", portal=True)
    WIP_LLM_OFFER_SEARCH = off("Search offers in plain words", "Chercher des offres en langage courant", portal=True)
    WIP_RESTRICT_VENUE_CREATION_TO_COLLECTIVITY = off(
        "Keep venue creation for local authorities", "Réserver la création de lieux aux collectivités", portal=True
    )
    WIP_SWITCH_VENUE = off("Work venue by venue in the portal", "Travailler lieu par lieu dans le portail", portal=True)
