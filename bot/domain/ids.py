"""The kinds of numbers that must not be mixed up."""

from typing import NewType

MemberId = NewType("MemberId", int)
"""A person: their Discord user id, the same in every server."""
GuildId = NewType("GuildId", int)
ChannelId = NewType("ChannelId", int)
MessageId = NewType("MessageId", int)
ArtistId = NewType("ArtistId", int)
TrackId = NewType("TrackId", int)
ItemKey = NewType("ItemKey", int)
"""What the recommender ranks: a track id, or minus the id of an artist without a known track."""
RecommendationId = NewType("RecommendationId", int)
ShownItemId = NewType("ShownItemId", int)
BlendId = NewType("BlendId", int)
ImportId = NewType("ImportId", int)


def key_of_track(track_id: TrackId) -> ItemKey:
    """Return the key under which a track is ranked."""
    return ItemKey(track_id)


def key_of_artist(artist_id: ArtistId) -> ItemKey:
    """Return the key under which an artist without a known track is ranked."""
    return ItemKey(-artist_id)
