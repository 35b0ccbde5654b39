import re
from pathlib import Path

import bot
from bot.domain.blending import Agreement, BlendRule
from bot.domain.doors import ACTIVITY, NAMED
from bot.domain.listening import Source
from bot.domain.music import ArtworkSource, LinkService
from bot.ui.account import ADVENTURE_CHOICES, ERASED
from bot.ui.texts import Markdown, catalogue, plural, text
from recsys.part import BIAS, LIKE
from recsys.recipe import KINDS
from recsys.said import SAID

SOURCES = sorted(
    path for kind in ("*.py", "*.html") for path in Path(bot.__file__).parent.rglob(kind)
)
KEY = re.compile(r"""["']((?:[a-z_]+\.)*[a-z_0-9]+)["']""")

FILES = {"blend.txt", "upload.js"}
BUILT_KEYS = (
    {f"blend.rule_{rule}" for rule in BlendRule}
    | {f"blend.standing_{state}" for state in Agreement}
    | {f"blend.confidence_{level}" for level in ("low", "medium", "high")}
    | {f"source.{source}" for source in Source}
    | {f"service.{service}" for service in LinkService}
    | {f"why.cover.{source}" for source in ArtworkSource}
    | {f"settings.adventure_{value}" for value in ADVENTURE_CHOICES}
    | {f"settings.{n}_{s}" for n in ("private", "explicit", "notices") for s in ("on", "off")}
    | {f"part.{name}" for name in (*KINDS, BIAS, LIKE, SAID)}
    | {f"forget.row.{table}" for table in ERASED}
    | {f"doors.{do}_{source}" for do in ("connect", "close") for source in (*NAMED, ACTIVITY)}
    | {"playlist.name_list", "playlist.name_blend"}
    | {
        f"{stem}.{form}"
        for stem in (
            "doors.deleted",
            "doors.gaps",
            "import.done",
            "taste.sources",
            "unlink.done",
            "web.upload.done",
        )
        for form in ("one", "other")
    }
)


def mentioned() -> set[str]:
    tables = {key.split(".")[0] for key in catalogue()}
    found = set()
    for path in SOURCES:
        for key in KEY.findall(path.read_text(encoding="utf-8")):
            if key in catalogue() or ("." in key and key.split(".")[0] in tables):
                found.add(key)
    return found


def test_every_key_in_the_code_is_in_the_catalogue():
    stems = {key.rpartition(".")[0] for key in BUILT_KEYS}
    missing = {k for k in mentioned() if k not in catalogue() and k not in stems | FILES}
    assert missing == set()


def test_every_built_key_is_in_the_catalogue():
    assert BUILT_KEYS - set(catalogue()) == set()


def test_no_sentence_is_dead():
    assert set(catalogue()) - mentioned() - BUILT_KEYS == set()


def test_foreign_text_is_escaped_and_ours_is_not():
    shown = text("receipt.up", title="**@everyone**")
    assert "@everyone" not in shown
    assert text("receipt.up", title=Markdown("**x**")).startswith("👍 ****x**")


def test_numbers_are_grouped_and_counted():
    assert plural("import.done", 1, found=Markdown("1")).startswith("Done: one new play")
    assert "1\u202f234" in plural("import.done", 1234, found=Markdown("2"))
