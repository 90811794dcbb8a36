"""Words of which people, companies and machines are named. All of them are invented."""

from __future__ import annotations

from uuid import UUID, uuid5

NAMESPACE = UUID("6f1d1c52-6d0e-4f43-9a4b-3c2f8a0d7e11")

FIRST_NAMES = (
    "Aino", "Albin", "Alma", "Amir", "Anders", "Anya", "Astrid", "Basim", "Birk", "Bo", "Cilla",
    "Dagny", "Daria", "Eino", "Elif", "Elsa", "Emre", "Esben", "Fatima", "Frida", "Gustaf",
    "Hanna", "Hedda", "Henrik", "Ida", "Idris", "Ingrid", "Ivar", "Jonna", "Juho", "Kaisa",
    "Karin", "Kasper", "Leila", "Liv", "Lova", "Magnus", "Maja", "Malik", "Marit", "Mikko",
    "Nadja", "Nils", "Noor", "Olle", "Oskar", "Petra", "Ragnar", "Rasmus", "Rebecka", "Runa",
    "Samira", "Sanna", "Selma", "Signe", "Sigrid", "Sofia", "Sten", "Sunniva", "Tage", "Tarik",
    "Thea", "Tilde", "Torsten", "Tuva", "Ulla", "Vera", "Vidar", "Wilma", "Yasmin", "Yngve", "Ylva",
)  # fmt: skip
LAST_NAMES = (
    "Ahlmark", "Almgren", "Bergvall", "Bjelke", "Brandal", "Dalhem", "Edvall", "Ekermo",
    "Engblad", "Fagerli", "Falkmo", "Forsnes", "Granhed", "Grimsby", "Hagvik", "Halldin",
    "Hammarö", "Hedmark", "Holmvik", "Isberg", "Jernvall", "Kallmark", "Kroken", "Lagerhus",
    "Lindvik", "Lundbo", "Malmnes", "Mossvik", "Nordgard", "Norell", "Nyhamn", "Odelmark",
    "Palmhed", "Rosvall", "Rydvik", "Sandnes", "Sjövall", "Skogmo", "Stenvik", "Storhaug",
    "Strandbo", "Sundmark", "Svartnes", "Torvall", "Tunstad", "Ulvskog", "Vangmo", "Varghed",
    "Vestvik", "Wallmo", "Wikmark", "Åkermo", "Älvgard", "Östervik",
)  # fmt: skip
_PLAIN = str.maketrans("åäöÅÄÖ", "aaoaao")


def identity(*parts: object) -> UUID:
    """The id of a thing: the same parts always give the same one."""
    return uuid5(NAMESPACE, "/".join(str(part) for part in parts))


def mail_name(first: str, last: str) -> str:
    """What stands before the @.

    >>> mail_name("Ylva", "Östervik")
    'ylva.ostervik'
    """
    return f"{first}.{last}".lower().translate(_PLAIN)
