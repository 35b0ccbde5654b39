"""From figures to a page: sections with charts, each said in words as well."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from recsys.calibration import Calibration
from recsys.cli.charts import Axis, axis, bars, lines, scatter
from recsys.cli.measuring import COLUMNS, HYBRID
from recsys.cli.printing import figure


@dataclass(frozen=True)
class Block:
    """A card: charts, sentences, and the figures behind them."""

    title: str
    charts: Sequence[Markup] = ()
    lines: Sequence[str] = ()
    rows: Sequence[dict[str, Any]] = ()


@dataclass
class Section:
    """A part of the page; without blocks it says what it misses."""

    id: str
    title: str
    lead: str
    missing: str
    blocks: list[Block] = field(default_factory=list)


def render(
    sections: Sequence[Section], *, title: str, made_at: str, cores: int, sources: Sequence[str]
) -> str:
    """Render one self-contained page; everything from files is escaped."""
    environment = Environment(
        loader=PackageLoader("recsys.cli", "."), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["figure"] = _figure
    page = environment.get_template("report.html.j2")
    return page.render(
        sections=sections, title=title, made_at=made_at, cores=cores, sources=sources
    )


def quality_block(title: str, rows: Sequence[dict[str, Any]]) -> Block:
    """Show models by NDCG@10, best first, the hybrid marked."""
    best = sorted(rows, key=lambda row: -row["ndcg@10"])
    chart = bars(
        [(r["model"], r["ndcg@10"], r["interval"]) for r in best], "NDCG@10", strong=HYBRID
    )
    singles = [row for row in best if row["model"] != HYBRID]
    hybrid = next(row for row in best if row["model"] == HYBRID)
    said = []
    if singles:
        said = [_against_best(hybrid, singles[0])]
    table = [
        {
            "model": r["model"],
            **{c: r[c] for c in COLUMNS},
            "fit s": f"{r['fit_seconds']:.1f}",
            "settings": r["settings"],
        }
        for r in best
    ]
    return Block(title, [chart], said, table)


def _against_best(hybrid: dict[str, Any], best: dict[str, Any]) -> str:
    """Compare listener by listener, and say who is ahead or that they can't be told apart."""
    gain = hybrid["ndcg@10"] / max(best["ndcg@10"], 1e-9) - 1
    mean, low, high = best["lead"]
    if low <= 0 <= high:
        said = "The interval holds 0: these listeners can't tell the two apart."
    else:
        ahead, behind = (best["model"], "hybrid") if mean < 0 else ("hybrid", best["model"])
        said = f"Here the {ahead} model is ahead of the {behind} one."
    return (
        f"The hybrid is {gain:+.1%} against the best single model, {best['model']}: paired over "
        f"listeners {mean:+.4f} NDCG@10, 95 % interval {low:+.4f} to {high:+.4f}. {said}"
    )


def curve_block(title: str, rows: Sequence[dict[str, Any]]) -> Block:
    """Show NDCG@10 by the number of members whose plays are known."""
    series: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        series.setdefault(row["model"], []).append((row["members"], row["ndcg"]))
    x = axis("members (nobody else's plays are known)", [r["members"] for r in rows], is_log=True)
    y = axis("NDCG@10", [r["ndcg"] for r in rows], zero=True)
    return Block(title, [lines(series, x, y)], (), rows)


def small_block(title: str, rows: Sequence[dict[str, Any]]) -> Block:
    """Show communities that are drawn beforehand, and say how many of the draws were measured."""
    names = {"closed": "nobody else known", "with background": "others' plays known"}
    series: dict[str, list[tuple[float, float]]] = {}
    for row in sorted(rows, key=lambda row: int(row["members"])):
        for key, label in names.items():
            series.setdefault(f"{row['kind']}, {label}", []).append((row["members"], row[key]))
    x = axis("members", [r["members"] for r in rows], is_log=True)
    y = axis("NDCG@10 of the hybrid", [r[key] for r in rows for key in names], zero=True)
    measured, drawn = (sum(int(row[key]) for row in rows) for key in ("draws", "of"))
    said = [f"{measured} of {drawn} draws were measured, the first of each kind and size."]
    return Block(title, [lines(series, x, y)], said, rows)


def plays_block(title: str, rows: Sequence[dict[str, Any]]) -> Block:
    """Show the error of predicted counts beside those of plain means."""
    chart = bars(
        [(r["model"], r["rmse"], None) for r in rows], "RMSE of ln(1 + plays), less is better"
    )
    words = {"fit_seconds": "fit s"}
    return Block(title, [chart], (), _named(rows, words))


def calibration_block(title: str, found: Calibration, whose: str) -> Block:
    """Show the reliability curve, and what the probabilities are worth."""
    points = [(float(p), float(o)) for p, o in zip(found.expected, found.observed, strict=True)]
    ends = [v for pair in points for v in pair if v > 0]
    x = axis("said: probability of a like", ends, is_log=True)
    y = axis("came: share held out", ends, is_log=True)
    shown = [(p, o) for p, o in points if p > 0 and o > 0]
    both = Axis("", min(x.low, y.low), max(x.high, y.high), is_log=True)
    x, y = (Axis(one.label, both.low, both.high, is_log=True) for one in (x, y))
    said = [
        f"{whose} Brier score (mean squared error) {found.brier:.6f} against "
        f"{found.brier_of_mean:.6f} of the mean rate: {found.skill:+.1%}. Log loss {found.log_loss:.5f} against "
        f"{found.log_loss_of_mean:.5f}. Expected calibration error {found.error:.5f}.",
        "A pair counts as a like when it was held out; what a listener would like and never played "
        "counts as no like, so the true rates are higher.",
    ]
    if found.skill < 0:
        said.insert(
            1,
            "That is worse than to give every pair the mean rate: on this data take the order of a "
            "list for what it is, and not its probabilities at their word.",
        )
    rows = [
        {"said": f"{p:.6f}", "came": f"{o:.6f}", "pairs": int(w)}
        for p, o, w in zip(found.expected, found.observed, found.weight, strict=True)
    ]
    return Block(title, [lines({"": shown}, x, y, diagonal=True)], said, rows)


def rounds_block(title: str, found: dict[str, Any]) -> Block:
    """Show cumulative hits with and without learning from the answers."""
    turns = range(1, len(found["updated"]) + 1)
    names = {"updated": "answers folded in", "never": "never updated"}
    series = {label: list(zip(turns, found[key], strict=True)) for key, label in names.items()}
    x = axis("round of ten suggestions", [0.5, len(found["updated"])])
    y = axis("hits per member so far", [*found["updated"], *found["never"]], zero=True)
    gains = np.diff([0.0, *found["updated"]]) - np.diff([0.0, *found["never"]])
    rows = [
        {"round": k, "updated": u, "never": n, "more in this round": float(g)}
        for k, u, n, g in zip(turns, found["updated"], found["never"], gains, strict=True)
    ]
    said = [
        f"{found['members']} members; learning from answers is worth {found['gain']:+.1%} hits."
    ]
    return Block(title, [lines(series, x, y)], said, rows)


def prices_block(title: str, rows: Sequence[dict[str, Any]], whose: str) -> Block:
    """Show accuracy against what the re-rankings buy."""
    charts = []
    for key, label in (
        ("coverage@10", "coverage: share of all items shown"),
        ("novelty@10", "novelty, bits"),
        ("ild@10", "distance within a list"),
    ):
        if all(np.isfinite(row[key]) for row in rows):
            x, y = (
                axis(label, [r[key] for r in rows]),
                axis("NDCG@10", [r["ndcg@10"] for r in rows]),
            )
            charts.append(scatter([(r["re-ranking"], r[key], r["ndcg@10"]) for r in rows], x, y))
    keys = ("re-ranking", "ndcg@10", "ndcg@10, change", "coverage@10", "novelty@10", "ild@10")
    return Block(title, charts, (whose,), [{k: row[k] for k in keys} for row in rows])


def ablation_block(title: str, rows: Sequence[dict[str, Any]]) -> Block:
    """Show what each part adds."""
    chart = bars([(r["part"], r["adds"], r["interval"]) for r in rows], "NDCG@10 lost without it")
    return Block(title, [chart], (), [{k: r[k] for k in ("part", "level", "adds")} for r in rows])


def size_block(title: str, rows: Sequence[dict[str, Any]]) -> Block:
    """Show seconds and memory of a full refit by the number of interactions."""
    done = [row for row in rows if "failed" not in row]
    table = _named(rows, {"seconds": "s", "peak_mib": "peak memory, MiB"})
    if len(done) < 2:
        return Block(title, (), ("One size is no curve: `bench --most 1e6` measures more.",), table)
    x = axis("interactions", [r["interactions"] for r in done], is_log=True)
    charts = []
    for key, label in (("seconds", "seconds of a full refit"), ("peak_mib", "peak memory, MiB")):
        points = [(r["interactions"], r[key]) for r in done]
        charts.append(lines({label: points}, x, axis(label, [p[1] for p in points], is_log=True)))
    return Block(title, charts, (), table)


def request_block(title: str, rows: Sequence[dict[str, Any]]) -> Block:
    """Show how long one list takes, beside the target."""
    said = []
    for row in rows:
        kept = "met" if row["p95_ms"] < row["target_p95_ms"] else "missed"
        said.append(
            f"One list of ten out of {row['items']:,} items for a history of {row['rows']:,} rows, with "
            f"fold-in, {row['parts']} parts and re-ranking: {row['p50_ms']:.1f} ms in the middle (p50), "
            f"{row['p95_ms']:.1f} ms at the 95th percentile; the target of {row['target_p95_ms']:g} ms "
            f"for the latter is {kept}."
        )
    return Block(title, (), tuple(said))


def sweep_block(title: str, rows: Sequence[dict[str, Any]]) -> Block:
    """Show seconds per sweep of iALS beside the peers of the same run."""
    table = []
    for row in rows:
        size = {"pairs": row["interactions"], "items": row["items"], "factors": row["factors"]}
        table.append({**size, **row["seconds per sweep"]})
    return Block(title, (), ("Seconds per sweep of iALS; the fastest of three runs.",), table)


def _named(rows: Sequence[dict[str, Any]], words: dict[str, str]) -> list[dict[str, Any]]:
    return [{words.get(key, key): value for key, value in row.items()} for row in rows]


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else figure(value)
