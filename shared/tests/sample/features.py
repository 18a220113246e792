from sample.events import FEATURE
from shared.features import FeatureFlag, Flags, off, on


class Flag(FeatureFlag):
    RENAME_THINGS = on("Rename things", "Renommer les choses")
    MAKE_THINGS_TWICE = off("Make things twice", "Faire les choses deux fois")


flags = Flags(Flag, FEATURE)
