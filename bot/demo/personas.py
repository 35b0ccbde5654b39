"""The invented people of the demo and what they love.

A scene is a bundle of tags that go together; a persona weighs scenes, eras, countries and fame.
Nobody here is modelled on anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SCENES: Final[Mapping[str, Mapping[str, float]]] = {
    "indie": {
        "indie rock": 1.0, "indie pop": 0.9, "dream pop": 0.7, "shoegaze": 0.6,
        "jangle pop": 0.6, "noise pop": 0.6, "britpop": 0.4,
    },
    "dream": {
        "dream pop": 1.0, "shoegaze": 1.0, "ambient": 0.5, "dreamy": 0.7,
        "atmospheric": 0.5, "trip hop": 0.5,
    },
    "folk": {
        "indie folk": 1.0, "folk": 0.9, "singer-songwriter": 0.7, "folk rock": 0.8,
        "americana": 0.6, "british folk": 0.7,
    },
    "country": {
        "country": 1.0, "americana": 0.9, "bluegrass": 0.8, "country pop": 0.7,
        "country rock": 0.8,
    },
    "classic rock": {
        "classic rock": 1.0, "hard rock": 0.8, "blues rock": 0.8, "psychedelic rock": 0.8,
        "progressive rock": 0.7, "art rock": 0.6, "glam rock": 0.6, "rock and roll": 0.5,
    },
    "punk": {
        "punk": 0.9, "punk rock": 1.0, "post-punk": 0.8, "hardcore punk": 0.9,
        "garage rock": 0.6, "post-hardcore": 0.6, "emo": 0.6, "pop punk": 0.6,
    },
    "wave": {
        "new wave": 1.0, "post-punk": 0.9, "synth-pop": 0.8, "synthpop": 0.8,
        "gothic rock": 0.7, "dark": 0.5,
    },
    "metal": {
        "metal": 0.8, "heavy metal": 1.0, "thrash metal": 0.9, "doom metal": 0.8,
        "death metal": 0.8, "black metal": 0.7, "progressive metal": 0.8,
        "alternative metal": 0.6, "metalcore": 0.6,
    },
    "club": {
        "house": 1.0, "techno": 0.9, "deep house": 0.9, "french house": 0.9, "disco": 0.4,
        "electro": 0.6, "minimal": 0.5, "dance": 0.5, "trance": 0.5,
    },
    "bass": {
        "drum and bass": 1.0, "dubstep": 0.9, "trip hop": 0.7, "dub": 0.6, "jungle": 0.9,
        "idm": 0.7, "downtempo": 0.5, "breakbeat": 0.8,
    },
    "quiet machines": {
        "ambient": 1.0, "modern classical": 0.9, "drone": 0.7, "idm": 0.7, "minimal": 0.6,
        "downtempo": 0.6, "new age": 0.5,
    },
    "hip hop": {
        "hip hop": 0.8, "east coast hip hop": 0.9, "boom bap": 1.0, "jazz rap": 0.9,
        "conscious hip hop": 0.9, "alternative hip hop": 0.9, "southern hip hop": 0.6,
    },
    "trap": {
        "trap": 1.0, "pop rap": 0.8, "southern hip hop": 0.9, "hip hop": 0.6, "drill": 0.8,
    },
    "soul": {
        "soul": 1.0, "funk": 0.9, "neo soul": 0.8, "disco": 0.6, "motown": 0.9,
        "gospel": 0.5, "blue-eyed soul": 0.6,
    },
    "r&b": {
        "r&b": 1.0, "neo soul": 0.9, "contemporary r&b": 1.0, "hip hop soul": 0.8,
    },
    "jazz": {
        "jazz": 0.9, "hard bop": 1.0, "vocal jazz": 0.7, "jazz fusion": 0.8,
        "jazz-funk": 0.7, "swing": 0.7, "modal jazz": 0.9,
    },
    "blues": {
        "blues": 1.0, "electric blues": 1.0, "blues rock": 0.8, "delta blues": 0.9,
    },
    "classical": {
        "classical": 1.0, "modern classical": 0.7, "20th century classical": 0.8,
        "opera": 0.7, "piano": 0.7, "orchestral": 0.7, "romantic": 0.8,
    },
    "screen": {
        "soundtrack": 1.0, "film score": 1.0, "video game music": 0.8, "orchestral": 0.6,
    },
    "pop": {
        "dance-pop": 1.0, "pop": 0.8, "electropop": 0.9, "teen pop": 0.6, "art pop": 0.5,
        "synthpop": 0.5,
    },
    "latin": {
        "latin": 0.8, "salsa": 0.9, "latin pop": 0.8, "reggaeton": 0.7, "cumbia": 0.9,
        "rock en español": 0.5, "flamenco": 0.6,
    },
    "brazil": {
        "brazilian": 0.9, "mpb": 1.0, "samba": 0.9, "bossa nova": 1.0, "tropicália": 1.0,
    },
    "island": {
        "reggae": 0.9, "roots reggae": 1.0, "dub": 0.9, "ska": 0.7, "dancehall": 0.7,
        "rocksteady": 0.9,
    },
    "africa": {
        "african": 0.9, "afrobeat": 1.0, "afrobeats": 0.8, "south african": 0.8,
        "highlife": 0.9, "desert blues": 0.8,
    },
    "east asia": {
        "japanese": 0.8, "city pop": 1.0, "j-pop": 0.9, "korean": 0.7, "k-pop": 0.8,
    },
    "chanson": {
        "chanson": 1.0, "french": 0.8, "vocal": 0.5, "italian": 0.5,
    },
}


@dataclass(frozen=True, slots=True)
class Persona:
    """What somebody loves: weights 0..1 for scenes, eras (decade) and countries.

    `fame` runs from -1 (only what nobody knows) to 1 (only what everybody knows). `quiet` scenes
    are loved as much but have hardly been played yet: most of what is there is still to be found.
    """

    name: str
    scenes: Mapping[str, float]
    eras: Mapping[int, float]
    countries: Mapping[str, float] = field(default_factory=dict)
    fame: float = 0.0
    quiet: frozenset[str] = frozenset()


def _persona(
    name: str, *scenes: str, eras: str, fame: float = 0.0, quiet: str = "", **countries: float
) -> Persona:
    weights = {scene: 1.0 - 0.15 * place for place, scene in enumerate(scenes)}
    decades = {int(d): 1.0 for d in eras.split()}
    near = {d + step: 0.5 for d in decades for step in (-10, 10)}
    return Persona(
        name=name,
        scenes=weights,
        eras=near | decades,
        countries=countries,
        fame=fame,
        quiet=frozenset(quiet.split(",")) - {""},
    )


YOU: Final = "You"
NEWCOMER: Final = "You (new here)"
PERSONAS: Final = (
    _persona(YOU, "indie", "wave", "soul", eras="1980 2000", fame=0.3, quiet="soul"),
    _persona("Ada", "indie", "dream", "quiet machines", eras="1990 2010", quiet="quiet machines"),
    _persona("Bruno", "brazil", "soul", "jazz", eras="1960 1970", BR=0.6, quiet="jazz"),
    _persona("Chiara", "chanson", "pop", "classical", eras="1960 1970 1980", IT=0.8, FR=0.4),
    _persona("Dmitri", "metal", "classic rock", "punk", eras="1980 1990", fame=0.2, quiet="punk"),
    _persona("Elif", "wave", "club", "pop", eras="1980 2010", TR=0.6, quiet="club"),
    _persona("Femi", "africa", "soul", "hip hop", eras="1970 2010", NG=0.7, quiet="hip hop"),
    _persona("Greta", "classical", "quiet machines", "screen", eras="1890 2000 2010"),
    _persona("Hugo", "club", "bass", "soul", eras="1990 2000", FR=0.5, quiet="soul"),
    _persona("Ines", "latin", "pop", "brazil", eras="2000 2010 2020", fame=0.4, quiet="brazil"),
    _persona("Jonas", "classic rock", "blues", "folk", eras="1960 1970", fame=0.5, quiet="folk"),
    _persona("Kei", "east asia", "dream", "screen", eras="1980 2010", JP=0.7, quiet="dream"),
    _persona("Lena", "folk", "indie", "country", eras="2000 2010", fame=-0.2, quiet="country"),
    _persona("Mateo", "latin", "island", "hip hop", eras="1970 2000", quiet="hip hop"),
    _persona("Nadia", "r&b", "pop", "trap", eras="2000 2010 2020", fame=0.6, quiet="trap"),
    _persona("Oskar", "punk", "wave", "metal", eras="1980 2000", GB=0.3, quiet="metal"),
    _persona("Priya", "jazz", "hip hop", "r&b", eras="1960 1990", quiet="r&b"),
    _persona("Quinn", "pop", "indie", "club", eras="2000 2010 2020", fame=0.5, quiet="club"),
    _persona("Rosa", "island", "soul", "africa", eras="1970 1980", JM=0.5, quiet="africa"),
)
"""Everybody with a history; scenes in falling order of love."""
