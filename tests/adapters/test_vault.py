"""Sealed secrets open for their own row only, and keys are read and written with care."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.vault import KeyRing, as_line, key_of, load_keys, new_key, read_keys, write_keys
from bot.domain.ids import MemberId
from bot.errors import SealBrokenError, SettingsError

ANA, BEN = MemberId(1), MemberId(2)


@given(st.text())
def test_what_is_sealed_opens_again(secret: str) -> None:
    ring = KeyRing([new_key()])
    sealed = ring.seal(secret, purpose="p", member_id=ANA)
    assert ring.open(sealed, purpose="p", member_id=ANA) == secret


def test_two_seals_of_one_secret_differ_and_show_nothing() -> None:
    ring = KeyRing([new_key()])
    first, second = (ring.seal("canary", purpose="p", member_id=ANA) for _ in range(2))
    assert first != second
    assert "canary" not in first


def test_a_text_of_another_row_purpose_or_key_does_not_open() -> None:
    ring = KeyRing([new_key()])
    sealed = ring.seal("canary", purpose="p", member_id=ANA)
    for opened_by, purpose, member in (
        (ring, "p", BEN),
        (ring, "q", ANA),
        (KeyRing([new_key()]), "p", ANA),
    ):
        with pytest.raises(SealBrokenError):
            opened_by.open(sealed, purpose=purpose, member_id=member)


@given(st.data())
def test_no_changed_character_goes_unnoticed(data: st.DataObject) -> None:
    ring = KeyRing([b"k" * 32])
    sealed = ring.seal("canary", purpose="p", member_id=ANA)
    place = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.sampled_from("Aa0-_.~ "))
    changed = sealed[:place] + other + sealed[place + 1 :]
    try:
        assert ring.open(changed, purpose="p", member_id=ANA) == "canary"
    except SealBrokenError:
        return
    # base64 leaves spare bits in its last letter; what opens is then the very same bytes.
    assert changed[:-1] == sealed[:-1] or changed.split(".")[2][:-1] == sealed.split(".")[2][:-1]


@pytest.mark.parametrize("text", ["", "v1", "v1.a.b.c", "v2.{kid}.AAAA.AAAA", "..."])
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    ring = KeyRing([new_key()])
    with pytest.raises(SealBrokenError):
        ring.open(text.format(kid=ring.active), purpose="p", member_id=ANA)


def test_an_older_key_opens_and_the_first_seals() -> None:
    old, new = new_key(), new_key()
    sealed = KeyRing([old]).seal("canary", purpose="p", member_id=ANA)
    ring = KeyRing([new, old])
    assert ring.open(sealed, purpose="p", member_id=ANA) == "canary"
    assert key_of(sealed) != ring.active == key_of(ring.seal("x", purpose="p", member_id=ANA))


def test_a_missing_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "token.key"
    made = load_keys(variable=None, file=file)
    assert load_keys(variable=None, file=file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_variable_comes_first_and_may_hold_several(tmp_path: Path) -> None:
    keys = [new_key(), new_key()]
    assert load_keys(variable=",".join(map(as_line, keys)), file=tmp_path / "none") == keys
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("text", ["", "  ", "short", as_line(b"x" * 31), "a" * 43 + "!"])
def test_a_bad_key_is_one_sentence(text: str) -> None:
    with pytest.raises(SettingsError, match="HERE: a key is 32 random bytes"):
        read_keys(text, where="HERE")


def test_writing_replaces_the_file_as_a_whole(tmp_path: Path) -> None:
    file, keys = tmp_path / "token.key", [new_key(), new_key()]
    write_keys(file, keys[:1])
    write_keys(file, keys)
    assert load_keys(variable=None, file=file) == keys
    assert [path.name for path in tmp_path.iterdir()] == ["token.key"]
