"""`/start`, `/import`, `/settings`, `/privacy`, `/forget-me`, `/about`, `/help`."""

from collections.abc import Sequence

import discord

from bot.domain.listening import ImportJob
from bot.domain.members import ErasureReport, MemberSettings
from bot.domain.music import LinkService
from bot.domain.recommending import ModelInfo
from bot.ui import custom_ids
from bot.ui.layout import Layout, button, container, line, menu, notice, row, rule
from bot.ui.texts import Markdown, number, plain, plural, text

ADVENTURE_CHOICES = (0, 2, 4, 6, 8, 10)
NOTES_SHOWN = 5
HELP_ORDER = (
    *("start", "import", "recommend", "why", "blend", "taste"),
    *("doors", "link", "unlink", "settings", "privacy", "my-data", "forget-me", "help", "about"),
)
ERASED = (
    *("listens", "picks", "imports", "gestures", "blocks"),
    *("recommendations", "recommendation_items", "messages", "blends", "blend_members"),
    *("links", "spotify_logins", "spotify_playlists", "spotify_syncs", "door_syncs"),
    *("shared_playlist_asks", "shared_playlist_tastes", "playlists_to_empty"),
    *(
        "link_requests",
        "upload_tickets",
        "activity_now",
        "gaps",
        "play_sums",
        "source_sums",
        "tracks",
        "artists",
    ),
    *("member_settings", "consents", "members"),
)
"""What an erasure counts, in the order in which it is told."""


def start_panel(*, agreed: bool) -> Layout:
    """Return what this is and which doors there are."""
    parts: list[discord.ui.Item[Layout]] = [
        line(text("start.heading")),
        line(text("start.doors")),
        line(text("start.loop")),
    ]
    if not agreed:
        parts += [
            rule(),
            line(text("consent.text")),
            row(
                button(
                    custom_ids.agree("start"),
                    label=plain("consent.ok"),
                    emoji="✅",
                    style=discord.ButtonStyle.success,
                )
            ),
        ]
    return Layout(container(*parts))


def greeting() -> Layout:
    """Return the one message a server gets when the bot joins."""
    return notice(text("greeting"))


def import_working(job: ImportJob | None) -> Layout:
    """Return the state of a running import."""
    if job is None or not job.rows_found:
        return notice(text("import.reading"))
    percent = round(100 * job.rows_done / job.rows_found)
    return notice(
        text(
            "import.storing",
            done=number(job.rows_done),
            found=number(job.rows_found),
            percent=percent,
        )
    )


def import_done(job: ImportJob) -> Layout:
    """Return what an import brought in."""
    if job.rows_added:
        lines = [plural("import.done", job.rows_added, found=number(job.rows_found))]
    else:
        lines = [text("import.nothing_new", found=number(job.rows_found))]
    lines += [import_note(note) for note in job.notes[:NOTES_SHOWN]]
    if len(job.notes) > NOTES_SHOWN:
        lines.append(text("import.more_notes", n=len(job.notes) - NOTES_SHOWN))
    lines.append(text("import.next"))
    return notice("\n".join(lines))


def import_note(note: str) -> Markdown:
    """Return one of the parser's notes, `file: message key[ n=12]`, in words."""
    name, key, params = _note(note)
    return text("import.note.line", name=name, reason=text(key, **params))


def note_words(note: str) -> str:
    """Return such a note as plain text, for a page."""
    name, key, params = _note(note)
    return f"{name}: {plain(key, **params)}."


def _note(note: str) -> tuple[str, str, dict[str, str]]:
    name, _, reason = note.rpartition(": ")
    key, _, n = reason.partition(" n=")
    return name, key, {"n": number(int(n))} if n else {}


def upload_offer(url: str, *, too_large: Markdown | None = None) -> Layout:
    """Return the private message with the link to the upload page."""
    parts: list[discord.ui.Item[Layout]] = [] if too_large is None else [line(too_large)]
    parts.append(line(text("upload.offer")))
    parts.append(row(discord.ui.Button(label=plain("upload.button"), url=url, emoji="📤")))
    return Layout(container(*parts))


def settings_panel(settings: MemberSettings) -> Layout:
    """Return all settings, each changeable in place."""
    return Layout(
        container(
            line(text("settings.heading")),
            line(text("settings.adventure", value=settings.adventure)),
            menu(
                custom_ids.setting_menu("adventure"),
                placeholder=plain("settings.adventure_menu"),
                options=[
                    discord.SelectOption(
                        label=plain(f"settings.adventure_{value}"),
                        value=str(value),
                        default=value == settings.adventure,
                    )
                    for value in ADVENTURE_CHOICES
                ],
            ),
            line(text("settings.link_service")),
            menu(
                custom_ids.setting_menu("link_service"),
                placeholder=plain("settings.link_service_menu"),
                options=[
                    discord.SelectOption(
                        label=plain(f"service.{service}"),
                        value=service,
                        default=service is settings.link_service,
                    )
                    for service in LinkService
                ],
            ),
            line(text("settings.switches")),
            row(
                *(
                    button(
                        custom_ids.setting(name),
                        label=plain(f"settings.{name}_{'on' if value else 'off'}"),
                        style=discord.ButtonStyle.primary
                        if value
                        else discord.ButtonStyle.secondary,
                    )
                    for name, value in (
                        ("private", settings.private),
                        ("explicit", settings.explicit),
                        ("notices", settings.notices),
                    )
                )
            ),
        )
    )


def privacy_panel(*, backup_hours: int) -> Layout:
    """Return what is stored, why and for how long; without backups by itself, it says so."""
    backups = (
        text("privacy.backups", hours=number(backup_hours))
        if backup_hours
        else text("privacy.no_backups")
    )
    return notice(text("privacy.text", backups=backups))


def forget_question() -> Layout:
    """Return the question before an erasure."""
    return notice(
        text("forget.question"),
        row(
            button(
                custom_ids.forget("yes"),
                label=plain("forget.yes"),
                emoji="🗑️",
                style=discord.ButtonStyle.danger,
            ),
            button(custom_ids.forget("no"), label=plain("forget.no")),
        ),
        warning=True,
    )


def forgotten(report: ErasureReport) -> Layout:
    """Return what an erasure removed."""
    rows = [
        text("forget.row.line", what=text(f"forget.row.{table}"), n=number(report.removed[table]))
        for table in ERASED
        if report.removed.get(table)
    ]
    if not rows:
        return notice(text("forget.nothing"))
    return Layout(
        container(line("\n".join([text("forget.done"), *rows])), line(text("forget.after")))
    )


def about_panel(info: ModelInfo | None, *, version: str, training: bool) -> Layout:
    """Return what runs here and what the model was made of."""
    lines = [text("about.heading", version=version)]
    if info is None:
        lines.append(text("about.no_model"))
    else:
        stamp = f"<t:{int(info.trained_at.timestamp())}:R>"
        lines.append(
            text(
                "about.model",
                version=info.version,
                trained=Markdown(stamp),
                listeners=number(info.listeners),
                interactions=number(info.interactions),
                tracks=number(info.tracks),
                artists=number(info.artists),
            )
        )
        lines.append(_prior(info.details.get("background")))
    if training:
        lines.append(text("about.training"))
    lines.append(text("about.project"))
    return notice("\n".join(lines))


def _prior(used: object) -> Markdown:
    """Say what the model started from; a prior that names no source and licence is none."""
    if not isinstance(used, dict):
        return text("about.no_prior")
    return text(
        "about.prior",
        listeners=number(int(used.get("listeners", 0))),
        source=str(used.get("source", "")),
        licence=str(used.get("licence", "")),
        artists=number(int(used.get("artists_here", 0))),
        share=number(round(100 * float(used.get("share", 0)))),
    )


def help_panel(commands: Sequence[tuple[str, str]]) -> Layout:
    """Return every command's name with its one-line description, what one needs first on top."""
    last = len(HELP_ORDER)
    place = {name: number for number, name in enumerate(HELP_ORDER)}
    ordered = sorted(commands, key=lambda row: (place.get(row[0], last), row[0]))
    rows = [f"`/{name}` {description}" for name, description in ordered]
    return Layout(
        container(line(text("help.heading")), line("\n".join(rows)), line(text("help.footer")))
    )
