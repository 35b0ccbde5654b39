"""Arrays read value by value: whole, in pieces of any size, cut off and damaged."""

import json
from collections.abc import Iterator
from typing import Any, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.worker.json_items import array_items, is_cut_off
from bot.worker.notes import FileRefusedError, Reason

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
rows = st.dictionaries(st.sampled_from("abcd"), values)
EVERYTHING = (
    '{"a": [true, false, null, -12.5e+3, 0.25E-7, 1e5, NaN, -Infinity, Infinity, {}, []], '
    '"\\u00e9\\n\\ud83d\\ude00": "x\\\\y\\"z", "long": -123456789, "é": "ね"}'
)


class Known(TypedDict, total=False):
    a: Any
    b: Any


class Pieces:
    """A text that comes in pieces of a fixed length."""

    def __init__(self, text: str, size: int, *, row_bytes: int = 10_000) -> None:
        self._pieces = (text[i : i + size] for i in range(0, len(text), size))
        self.row_bytes = row_bytes

    def chunk(self) -> str:
        return next(self._pieces, "")


def read(text: str, size: int = 64, *, whole_text: bool = True, **bounds: int) -> Iterator[Any]:
    pieces = Pieces(text, size, **bounds)
    return array_items(pieces, text.index("["), rows=Known, whole_text=whole_text)


def read_until_refused(text: str, size: int = 64, **bounds: int) -> tuple[list[Any], Reason, bool]:
    got: list[Any] = []
    with pytest.raises(FileRefusedError) as caught:
        got.extend(read(text, size, **bounds))
    return got, caught.value.reason, caught.value.keep


def known(items: list[Any]) -> str:
    """What has to come out, as text: NaN differs from itself."""
    return repr(
        [
            {name: item[name] for name in ("a", "b") if name in item}
            if isinstance(item, dict)
            else item
            for item in items
        ]
    )


@given(st.lists(values | rows, max_size=8), st.integers(1, 90), st.sampled_from([None, 0, 2]))
def test_pieces_of_any_size_give_the_same_values(
    wanted: list[Any], size: int, indent: int | None
) -> None:
    text = json.dumps(wanted, indent=indent)
    assert known(list(read(" \r\n" + text + "\n\t", size))) == known(json.loads(text))


@given(st.integers(), st.floats(allow_nan=False))
def test_numbers_mean_the_same_whoever_reads_them(whole: int, broken: float) -> None:
    row = f'{{"a": {whole}, "b": {json.dumps(broken)}}}'
    for item in read(f"[{row}, {row}, {row}]"):
        assert item["a"] == whole or item["a"] == float(whole)
        assert item["b"] == broken


@pytest.mark.parametrize("text", ["[0.", "[1, 2e", "[1, 2E-", "[-"])
@pytest.mark.parametrize("size", [1, 2, 90])
def test_a_number_that_was_cut_is_cut_off(text: str, size: int) -> None:
    _, reason, keep = read_until_refused(text, size)
    assert (reason, keep) == (Reason.TRUNCATED, True)


@given(st.lists(values | rows, min_size=1, max_size=6), st.data())
def test_wherever_a_text_is_cut_it_is_cut_off_and_whole_values_stay(
    wanted: list[Any], data: st.DataObject
) -> None:
    text = json.dumps(wanted)
    cut = data.draw(st.integers(1, len(text) - 1))
    got, reason, keep = read_until_refused(text[:cut], data.draw(st.integers(1, 40)))
    assert (reason, keep) == (Reason.TRUNCATED, True)
    assert known(got) == known(json.loads(text)[: len(got)])
    # At most the value in which the cut fell is missing.
    assert cut <= len(json.dumps(wanted[: len(got) + 1]))


@pytest.mark.parametrize("cut", range(len(EVERYTHING)))
def test_every_beginning_of_a_value_is_told_from_damage(cut: int) -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(EVERYTHING[:cut])
    assert is_cut_off(EVERYTHING[:cut], caught.value)


@pytest.mark.parametrize(
    "rest",
    [
        *("nul,1]", "tru", "[1 2]", '{"a" 1}', '{"a": 1,}', "]]", "1,]", '"\x01"', '"\\q"', "1 1]"),
        *("{1: 2}", "1] [2]", "1]]", "1], {}", "-]", "1.x]", "'a'", '"\\u12x4"', "<html>", "}"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 64])
def test_damage_is_no_cut(rest: str, size: int) -> None:
    text = f'[{{"a": "b"}}, {rest}' + "," * 20
    got, reason, keep = read_until_refused(text, size)
    assert got[0] == {"a": "b"}
    assert (reason, keep) == (Reason.DAMAGED, True)


def test_what_follows_the_array_may_be_of_no_interest() -> None:
    text = '{"listens": [1, 2], "more": '
    assert list(read(text, 3, whole_text=False)) == [1, 2]


def test_a_number_longer_than_python_converts_is_infinite() -> None:
    digits = "9" * 5_000
    text = f'[{{"a": {digits}, "b": 7}}, -{digits}, 3]'
    assert list(read(text)) == [{"a": float("inf"), "b": 7}, float("inf"), 3]


@pytest.mark.parametrize(
    "row",
    [
        '"' + "x" * 200 + '"',
        '"' + "x" * 5_000,
        "[" + "1," * 200 + "1]",
        "[" * 100_000,
        '{"a":' * 100_000,
        "[[]," * 100_000,
    ],
)
@pytest.mark.parametrize("size", [7, 5_000])
def test_large_and_deep_values_are_refused_with_all_before_them(row: str, size: int) -> None:
    got, reason, keep = read_until_refused(f"[1, {row}, 2]", size, row_bytes=150)
    assert (got, reason, keep) == ([1], Reason.BOMB, False)
