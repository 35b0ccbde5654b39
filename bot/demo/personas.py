"""The invented people of the demo and what they love.

A scene is a bundle of tags that go together; a persona weighs scenes, eras, countries and fame.
Nobody here is modelled on anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_TAGS: Final = {
    "indie": (
        "indie rock 10, indie pop 9, dream pop 7, shoegaze 6, jangle pop 6, noise pop 6, britpop 4"
    ),
    "dream": "dream pop 10, shoegaze 10, ambient 5, dreamy 7, atmospheric 5, trip hop 5",
    "folk": "indie folk 10, folk 9, singer-songwriter 7, folk rock 8, americana 6, british folk 7",
    "country": "country 10, americana 9, bluegrass 8, country pop 7, country rock 8",
    "classic rock": (
        "classic rock 10, hard rock 8, blues rock 8, psychedelic rock 8, "
        "progressive rock 7, art rock 6, glam rock 6, rock and roll 5"
    ),
    "punk": (
        "punk 9, punk rock 10, post-punk 8, hardcore punk 9, garage rock 6, "
        "post-hardcore 6, emo 6, pop punk 6"
    ),
    "wave": "new wave 10, post-punk 9, synth-pop 8, synthpop 8, gothic rock 7, dark 5",
    "metal": (
        "metal 8, heavy metal 10, thrash metal 9, doom metal 8, death metal 8, "
        "black metal 7, progressive metal 8, alternative metal 6, metalcore 6"
    ),
    "club": (
        "house 10, techno 9, deep house 9, french house 9, disco 4, electro 6, minimal 5, "
        "dance 5, trance 5"
    ),
    "bass": (
        "drum and bass 10, dubstep 9, trip hop 7, dub 6, jungle 9, idm 7, downtempo 5, breakbeat 8"
    ),
    "quiet machines": (
        "ambient 10, modern classical 9, drone 7, idm 7, minimal 6, downtempo 6, new age 5"
    ),
    "hip hop": (
        "hip hop 8, east coast hip hop 9, boom bap 10, jazz rap 9, conscious hip hop 9, "
        "alternative hip hop 9, southern hip hop 6"
    ),
    "trap": "trap 10, pop rap 8, southern hip hop 9, hip hop 6, drill 8",
    "soul": "soul 10, funk 9, neo soul 8, disco 6, motown 9, gospel 5, blue-eyed soul 6",
    "r&b": "r&b 10, neo soul 9, contemporary r&b 10, hip hop soul 8",
    "jazz": "jazz 9, hard bop 10, vocal jazz 7, jazz fusion 8, jazz-funk 7, swing 7, modal jazz 9",
    "blues": "blues 10, electric blues 10, blues rock 8, delta blues 9",
    "classical": (
        "classical 10, modern classical 7, 20th century classical 8, opera 7, piano 7, "
        "orchestral 7, romantic 8"
    ),
    "screen": "soundtrack 10, film score 10, video game music 8, orchestral 6",
    "pop": "dance-pop 10, pop 8, electropop 9, teen pop 6, art pop 5, synthpop 5",
    "latin": "latin 8, salsa 9, latin pop 8, reggaeton 7, cumbia 9, rock en español 5, flamenco 6",
    "brazil": "brazilian 9, mpb 10, samba 9, bossa nova 10, tropicália 10",
    "island": "reggae 9, roots reggae 10, dub 9, ska 7, dancehall 7, rocksteady 9",
    "africa": "african 9, afrobeat 10, afrobeats 8, south african 8, highlife 9, desert blues 8",
    "east asia": "japanese 8, city pop 10, j-pop 9, korean 7, k-pop 8",
    "chanson": "chanson 10, french 8, vocal 5, italian 5",
}
"""Scene to tags, each with how much of the scene it is, in tenths."""


def _scene(tags: str) -> dict[str, float]:
    pairs = (entry.rsplit(" ", 1) for entry in tags.split(", "))
    return {tag: int(tenths) / 10 for tag, tenths in pairs}


SCENES: Final[Mapping[str, Mapping[str, float]]] = {
    name: _scene(tags) for name, tags in _TAGS.items()
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
