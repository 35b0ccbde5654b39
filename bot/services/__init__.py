"""What the bot does, free of Discord, SQL and HTTP."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.ports import MetaStore, RecommendationStore
    from bot.services.activity import ActivityService
    from bot.services.big_uploads import BigUploads
    from bot.services.blends import BlendService
    from bot.services.candidates import CandidateService
    from bot.services.consent import ConsentService
    from bot.services.doors import DoorService
    from bot.services.feedback import FeedbackService
    from bot.services.guilds import GuildService
    from bot.services.imports import ImportService
    from bot.services.linking import LinkService
    from bot.services.notices import NoticeBoard
    from bot.services.onboarding import OnboardingService
    from bot.services.playlists import PlaylistService
    from bot.services.preferences import Preferences
    from bot.services.previews import PreviewService
    from bot.services.privacy import PrivacyService
    from bot.services.recommend import RecommendService
    from bot.services.serving import ServingModel
    from bot.services.shared_playlists import SharedPlaylists
    from bot.services.spotify_sync import SpotifySync
    from bot.services.taste import TasteService
    from bot.services.training import TrainingService


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotifyServices:
    """The Spotify door, where the operator switched it on."""

    links: "LinkService"
    sync: "SpotifySync"
    playlists: "PlaylistService"
    shared: "SharedPlaylists | None"
    """Playlists on the operator's account, where they switched that on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything the client hands to its cogs; built in `bot.app` alone."""

    candidates: "CandidateService"
    recommend: "RecommendService"
    feedback: "FeedbackService"
    blends: "BlendService"
    taste: "TasteService"
    onboarding: "OnboardingService"
    imports: "ImportService"
    privacy: "PrivacyService"
    preferences: "Preferences"
    consent: "ConsentService"
    guilds: "GuildService"
    training: "TrainingService"
    serving: "ServingModel"
    recommendations: "RecommendationStore"
    meta: "MetaStore"
    notices: "NoticeBoard"
    doors: "DoorService"
    activity: "ActivityService | None"
    uploads: "BigUploads | None"
    """The upload page, where the bot's own pages are on."""
    previews: "PreviewService"
    spotify: SpotifyServices | None
    upload_limit_mb: int
    backup_hours: int
