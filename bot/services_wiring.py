"""Puts the services together over a database, a pool of threads and the child's keeper."""

from bot.adapters.compute import ThreadCompute
from bot.adapters.sqlite.database import Database
from bot.adapters.uploads import UploadFolder
from bot.adapters.worker_process import WorkerProcess
from bot.ports import Clock
from bot.services import Services
from bot.services.activity import ActivityService
from bot.services.blends import BlendService
from bot.services.candidates import CandidateService
from bot.services.consent import ConsentService
from bot.services.door_sync import DoorReader
from bot.services.doors import DoorService
from bot.services.feedback import FeedbackService
from bot.services.guilds import GuildService
from bot.services.imports import ImportService
from bot.services.notices import NoticeBoard
from bot.services.onboarding import OnboardingService
from bot.services.preferences import Preferences
from bot.services.previews import PreviewService
from bot.services.privacy import PrivacyService
from bot.services.profiles import Profiles
from bot.services.recommend import RecommendService
from bot.services.serving import ServingModel
from bot.services.taste import TasteService
from bot.services.training import TrainingService
from bot.settings import Settings
from recsys import snapshot


def build_services(
    settings: Settings,
    database: Database,
    uploads: UploadFolder,
    compute: ThreadCompute,
    worker: WorkerProcess,
    clock: Clock,
    min_refit_pause_s: float,
) -> Services:
    """Put every service together; those of doors that need the network are added by their wiring."""
    serving = ServingModel()
    preferences = Preferences(members=database.members)
    consent = ConsentService(members=database.members, clock=clock)
    profiles = Profiles(
        listens=database.listens, blocks=database.blocks, compute=compute, clock=clock
    )
    training = TrainingService(
        models=database.models,
        worker=worker,
        serving=serving,
        compute=compute,
        clock=clock,
        load=snapshot.load,
        models_folder=database.models_dir,
        refit_changes=settings.refit_changes,
        refit_hours=settings.refit_hours,
        min_pause_s=min_refit_pause_s,
    )
    candidates = CandidateService(store=database.candidates, training=training, clock=clock)
    activity = None
    if settings.discord_activity:
        activity = ActivityService(
            plays=database.activity, doors=database.doors, training=training, clock=clock
        )
    return Services(
        candidates=candidates,
        recommend=RecommendService(
            profiles=profiles,
            catalogue=database.catalogue,
            doors=database.doors,
            gestures=database.gestures,
            recommendations=database.recommendations,
            preferences=preferences,
            consent=consent,
            serving=serving,
            compute=compute,
            clock=clock,
            shown_days=settings.shown_days,
        ),
        feedback=FeedbackService(
            gestures=database.gestures,
            recommendations=database.recommendations,
            blocks=database.blocks,
            catalogue=database.catalogue,
            profiles=profiles,
            consent=consent,
            serving=serving,
            candidates=candidates,
            training=training,
            compute=compute,
            clock=clock,
        ),
        blends=BlendService(
            blends=database.blends,
            recommendations=database.recommendations,
            catalogue=database.catalogue,
            profiles=profiles,
            preferences=preferences,
            consent=consent,
            serving=serving,
            compute=compute,
            clock=clock,
        ),
        taste=TasteService(
            listens=database.listens,
            gestures=database.gestures,
            recommendations=database.recommendations,
            catalogue=database.catalogue,
            profiles=profiles,
            candidates=database.candidates,
            consent=consent,
            serving=serving,
            compute=compute,
        ),
        onboarding=OnboardingService(
            catalogue=database.catalogue,
            listens=database.listens,
            consent=consent,
            candidates=candidates,
            training=training,
            clock=clock,
        ),
        imports=ImportService(
            listens=database.listens,
            uploads=uploads,
            worker=worker,
            consent=consent,
            candidates=candidates,
            training=training,
            clock=clock,
        ),
        privacy=PrivacyService(
            members=database.members,
            consent=consent,
            preferences=preferences,
            training=training,
            activity=activity,
            compute=compute,
            clock=clock,
        ),
        preferences=preferences,
        consent=consent,
        guilds=GuildService(guilds=database.guilds, clock=clock),
        training=training,
        serving=serving,
        recommendations=database.recommendations,
        meta=database.meta,
        notices=NoticeBoard(preferences=preferences),
        doors=DoorService(
            reader=DoorReader(
                syncs=database.door_syncs,
                store=database.doors,
                candidates=candidates,
                training=training,
                clock=clock,
            ),
            syncs=database.door_syncs,
            store=database.doors,
            listens=database.listens,
            consent=consent,
            training=training,
            activity=activity,
            clock=clock,
        ),
        activity=activity,
        uploads=None,
        previews=PreviewService(),
        spotify=None,
        upload_limit_mb=settings.upload_limit_mb,
        backup_hours=round(settings.backup_hours * settings.backup_keep),
    )
