"""What buttons and menus carry: versioned, opaque, at most 100 characters.

Each kind has a builder used by the layouts and a template used by the cog that answers it.
"""

from collections.abc import Sequence
from typing import Final

from bot.domain.feedback import BlockKind, Verdict
from bot.domain.ids import ArtistId, BlendId, ShownItemId

VERSION: Final = "aux1"

VOTE: Final = rf"{VERSION}:vote:(?P<item>\d+):(?P<verdict>up|down|undo)"
VOTE_MENU: Final = rf"{VERSION}:votes:(?P<list>\d+):(?P<verdict>up|down)"
MORE: Final = rf"{VERSION}:more:(?P<item>\d+)"
LIKE_THIS: Final = rf"{VERSION}:like:(?P<key>-?\d+)"
BLOCK: Final = rf"{VERSION}:block:(?P<item>\d+):(?P<kind>track|artist)"
UNBLOCK: Final = rf"{VERSION}:unblock:(?P<kind>track|artist):(?P<target>-?\d+)"
AGREE: Final = rf"{VERSION}:agree:(?P<then>[a-z]+)(?::(?P<args>[\d,a-z]*))?"
BLEND: Final = rf"{VERSION}:blend:(?P<blend>\d+):(?P<answer>agree|decline|revoke)"
TASTE_MENU: Final = f"{VERSION}:taste:undo"
SETTING: Final = rf"{VERSION}:set:(?P<name>private|explicit|notices)"
SETTING_MENU: Final = rf"{VERSION}:choose:(?P<name>adventure|link_service)"
LINK: Final = rf"{VERSION}:link:(?P<do>begin|finish)"
UNLINK: Final = rf"{VERSION}:unlink:(?P<answer>ask|yes|no)"
SPOTIFY: Final = rf"{VERSION}:spotify:(?P<do>queue|save|list):(?P<item>\d+)"
BLEND_TO_SPOTIFY: Final = rf"{VERSION}:playlist:(?P<blend>\d+):(?P<list>\d+)"
PLAYLIST_ON: Final = rf"{VERSION}:playlist_on:(?P<where>own|shared):(?P<list>\d+):(?P<blend>\d+)"
DOOR: Final = rf"{VERSION}:door:(?P<do>connect|ask|keep|delete|stay):(?P<source>[a-z_]+)"
PREVIEW: Final = rf"{VERSION}:preview:(?P<item>\d+)"
FORGET: Final = rf"{VERSION}:forget:(?P<answer>yes|no)"


def vote(item_id: ShownItemId, verdict: Verdict | None) -> str:
    """Return the id of a vote button; None takes the vote back."""
    word = {Verdict.UP: "up", Verdict.DOWN: "down", None: "undo"}[verdict]
    return f"{VERSION}:vote:{item_id}:{word}"


def vote_menu(list_id: int, verdict: Verdict) -> str:
    """Return the id of a menu that votes on one of many tracks."""
    return f"{VERSION}:votes:{list_id}:{'up' if verdict is Verdict.UP else 'down'}"


def more(item_id: ShownItemId) -> str:
    """Return the id of the ⋯ button."""
    return f"{VERSION}:more:{item_id}"


def like_this(key: int) -> str:
    """Return the id of "more like this"."""
    return f"{VERSION}:like:{key}"


def block(item_id: ShownItemId, kind: BlockKind) -> str:
    """Return the id of "not this song" or "never this artist"."""
    return f"{VERSION}:block:{item_id}:{kind}"


def unblock(kind: BlockKind, target: int) -> str:
    """Return the id of the undo of a block."""
    return f"{VERSION}:unblock:{kind}:{target}"


def agree(then: str, args: Sequence[object] = ()) -> str:
    """Return the id of an OK button; `then` says what goes on after the consent is stored."""
    return f"{VERSION}:agree:{then}" + (":" + ",".join(map(str, args)) if args else "")


def agree_to_vote(item_id: ShownItemId, verdict: Verdict) -> str:
    """Return the id of an OK that stores a vote right after the consent."""
    return agree("vote", [item_id, "up" if verdict is Verdict.UP else "down"])


def agree_to_picks(artist_ids: Sequence[ArtistId]) -> str:
    """Return the id of an OK that stores picked artists right after the consent."""
    return agree("picks", artist_ids)


def blend(blend_id: BlendId, answer: str) -> str:
    """Return the id of a blend's answer button."""
    return f"{VERSION}:blend:{blend_id}:{answer}"


def setting(name: str) -> str:
    """Return the id of a settings switch."""
    return f"{VERSION}:set:{name}"


def setting_menu(name: str) -> str:
    """Return the id of a settings menu."""
    return f"{VERSION}:choose:{name}"


def link(do: str) -> str:
    """Return the id of a button that begins or finishes linking Spotify."""
    return f"{VERSION}:link:{do}"


def unlink(answer: str) -> str:
    """Return the id of an `/unlink` button."""
    return f"{VERSION}:unlink:{answer}"


def spotify(do: str, item_id: ShownItemId) -> str:
    """Return the id of a button that takes a pick, or its whole list, to Spotify."""
    return f"{VERSION}:spotify:{do}:{item_id}"


def blend_to_spotify(blend_id: BlendId, list_id: int) -> str:
    """Return the id of the button that makes a blend a playlist."""
    return f"{VERSION}:playlist:{blend_id}:{list_id}"


def playlist_on(where: str, list_id: int, blend_id: int) -> str:
    """Return the id of a button that says whose account a playlist goes to; 0 for no blend."""
    return f"{VERSION}:playlist_on:{where}:{list_id}:{blend_id}"


def door(do: str, source: str) -> str:
    """Return the id of a button of `/doors`."""
    return f"{VERSION}:door:{do}:{source}"


def preview(item_id: ShownItemId) -> str:
    """Return the id of the button that fetches half a minute of a pick."""
    return f"{VERSION}:preview:{item_id}"


def forget(answer: str) -> str:
    """Return the id of a `/forget-me` answer."""
    return f"{VERSION}:forget:{answer}"
