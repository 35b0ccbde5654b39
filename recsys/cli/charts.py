"""Small charts as SVG text; colours are CSS variables, so that a page can be light or dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from markupsafe import Markup

WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 14, 46
_COLOURS = 6


@dataclass(frozen=True)
class Axis:
    """One axis: what it shows, its ends, and whether it is logarithmic."""

    label: str
    low: float
    high: float
    is_log: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies, 0..1."""
        low, high, at = self.low, self.high, value
        if self.is_log:
            low, high, at = (float(np.log10(max(one, 1e-12))) for one in (low, high, at))
        return (at - low) / ((high - low) or 1.0)

    def ticks(self) -> list[float]:
        """Return round values between the ends."""
        if self.is_log:
            first, last = (
                int(np.floor(np.log10(max(one, 1e-12)))) for one in (self.low, self.high)
            )
            powers = [float(10.0**k) for k in range(first, last + 2)]
            return [one for one in powers if self.low * 0.999 <= one <= self.high * 1.001]
        rough = (self.high - self.low or 1.0) / 5
        power = 10.0 ** np.floor(np.log10(rough))
        step = float(power * next(m for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999))
        first, last = np.ceil(self.low / step - 1e-9), np.floor(self.high / step + 1e-9)
        return [float(k * step) for k in np.arange(first, last + 1)]


def axis(label: str, values: Sequence[float], *, zero: bool = False, is_log: bool = False) -> Axis:
    """Return an axis around the values, with a little room."""
    known = [float(v) for v in values if np.isfinite(v) and (v > 0 or not is_log)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if is_log:
        return Axis(label, low / 1.25, high * 1.25, is_log=True)
    room = 0.08 * ((high - low) or abs(high) or 1.0)
    return Axis(label, min(low, 0.0) if zero else low - room, high + room)


def bars(
    rows: Sequence[tuple[str, float, tuple[float, float] | None]], label: str, *, strong: str = ""
) -> Markup:
    """Horizontal bars with intervals, in the order given; the one named ``strong`` stands out.

    Parameters
    ----------
    rows : sequence of (name, value, (low, high) or None)
    """
    ends = [end for _, value, span in rows for end in (value, *(span or ()))]
    x = axis(label, ends, zero=True)
    height = _TOP + 26 * len(rows) + _BOTTOM
    left = 150
    wide = WIDTH - left - 70

    def at(value: float) -> float:
        return left + wide * x.place(value)

    parts = []
    for tick in x.ticks():
        parts.append(_line(at(tick), _TOP, at(tick), height - _BOTTOM, "grid"))
        parts.append(_text(at(tick), height - _BOTTOM + 16, _number(tick), "tick", "middle"))
    for k, (name, value, span) in enumerate(rows):
        y = _TOP + 26 * k
        first, last = sorted((at(0.0), at(value)))
        colour = "c0" if name == strong or not strong else "cq"
        tip = f"{name}: {value:.4f}" + (f" ({span[0]:.4f} to {span[1]:.4f})" if span else "")
        parts.append(
            f'<rect class="{colour}" x="{first:.1f}" y="{y + 4}" width="{last - first:.1f}" '
            f'height="17" rx="2"><title>{escape(tip)}</title></rect>'
        )
        if span:
            parts.append(_line(at(span[0]), y + 12.5, at(span[1]), y + 12.5, "whisker"))
        furthest = max(at(end) for end in (value, 0.0, *(span or ())))
        parts.append(_text(left - 8, y + 17, name, "name", "end"))
        parts.append(_text(furthest + 6, y + 17, f"{value:.4f}", "value", "start"))
    parts.append(_text(left + wide / 2, height - 8, label, "axis", "middle"))
    return _svg(parts, height, f"{label}: " + ", ".join(f"{n} {v:.4f}" for n, v, _ in rows))


def lines(
    series: Mapping[str, Sequence[tuple[float, float]]],
    x: Axis,
    y: Axis,
    *,
    diagonal: bool = False,
) -> Markup:
    """Lines with points, each named at its end; ``diagonal`` draws where both axes agree."""
    parts = _frame(x, y)
    if diagonal:
        low, high = max(x.low, y.low), min(x.high, y.high)
        parts.append(_line(*_at(x, y, low, low), *_at(x, y, high, high), "ideal"))
    for k, (name, points) in enumerate(series.items()):
        places = [_at(x, y, *point) for point in points]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
        parts.append(f'<polyline class="l{k % _COLOURS}" points="{path}"/>')
        for (px, py), (vx, vy) in zip(places, points, strict=True):
            tip = escape(f"{name}: {_number(vx)}, {vy:.4g}")
            parts.append(
                f'<circle class="c{k % _COLOURS}" cx="{px:.1f}" cy="{py:.1f}" r="3.5">'
                f"<title>{tip}</title></circle>"
            )
    said = "; ".join(f"{n}: {', '.join(f'{v:.4g}' for _, v in p)}" for n, p in series.items())
    return _svg(parts, HEIGHT, f"{y.label} by {x.label}. {said}") + _legend(series)


def scatter(points: Sequence[tuple[str, float, float]], x: Axis, y: Axis) -> Markup:
    """Named points."""
    parts = _frame(x, y)
    places = [_at(x, y, vx, vy) for _, vx, vy in points]
    taken = [(px - 6, px + 6, py + 4) for px, py in places]  # no name covers a point
    for (name, vx, vy), (px, py) in zip(points, places, strict=True):
        side = "end" if px > WIDTH * 0.75 else "start"
        wide = 7.0 * len(name)
        left = px - 8 - wide if side == "end" else px + 8
        line = _free_line(taken, left, left + wide, py + 4)
        taken.append((left, left + wide, line))
        beside = px + (-8 if side == "end" else 8)
        if abs(line - py - 4) > 1:  # the name stands elsewhere: a line leads to its point
            parts.append(_line(px, py, beside, line - 4, "leader"))
        parts.append(
            f'<circle class="c0" cx="{px:.1f}" cy="{py:.1f}" r="4.5">'
            f"<title>{escape(f'{name}: {vx:.4g}, {vy:.4g}')}</title></circle>"
        )
        parts.append(_text(beside, line, name, "point", side))
    return _svg(parts, HEIGHT, f"{y.label} against {x.label}: " + ", ".join(p[0] for p in points))


def _free_line(
    taken: list[tuple[float, float, float]], left: float, right: float, y: float
) -> float:
    """Find the nearest height within the frame at which a name runs into no other."""
    for step in (0, 14, -14, 28, -28, 42, -42, 56, -56):
        if not _TOP <= y + step <= HEIGHT - _BOTTOM:
            continue
        near = (at for first, last, at in taken if first < right and left < last)
        if all(abs(at - (y + step)) >= 13 for at in near):
            return y + step
    return y


def _frame(x: Axis, y: Axis) -> list[str]:
    parts = []
    for tick in x.ticks():
        px = _at(x, y, tick, y.low)[0]
        parts.append(_line(px, _TOP, px, HEIGHT - _BOTTOM, "grid"))
        parts.append(_text(px, HEIGHT - _BOTTOM + 16, _number(tick), "tick", "middle"))
    for tick in y.ticks():
        py = _at(x, y, x.low, tick)[1]
        parts.append(_line(_LEFT, py, WIDTH - _RIGHT, py, "grid"))
        parts.append(_text(_LEFT - 6, py + 4, _number(tick), "tick", "end"))
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    parts.append(_text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 8, x.label, "axis", "middle"))
    turned = f'transform="rotate(-90 14 {middle})"'
    parts.append(
        f'<text class="axis" x="14" y="{middle}" text-anchor="middle" {turned}>'
        f"{escape(y.label)}</text>"
    )
    return parts


def _at(x: Axis, y: Axis, vx: float, vy: float) -> tuple[float, float]:
    px = _LEFT + (WIDTH - _LEFT - _RIGHT) * x.place(vx)
    return px, HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * y.place(vy)


def _legend(names: Mapping[str, object]) -> Markup:
    if len(names) < 2:
        return Markup("")
    keys = "".join(
        f'<span><i class="k{k % _COLOURS}"></i>{escape(name)}</span>'
        for k, name in enumerate(names)
    )
    return Markup(f'<p class="legend">{keys}</p>')  # noqa: S704 - the names are escaped above


def _svg(parts: Sequence[str], height: float, said: str) -> Markup:
    inside = "".join(parts)
    return Markup(  # noqa: S704 - every text in it went through escape
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(said)}">{inside}</svg>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, said: str, kind: str, anchor: str) -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'
    )


def _number(value: float) -> str:
    if abs(value) < 1e-12:
        return "0"
    if abs(value) >= 10_000:
        return f"{value:.0e}".replace("e+0", "e")
    return f"{value:.4g}"
