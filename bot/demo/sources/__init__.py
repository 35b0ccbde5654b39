"""Stand-ins for ListenBrainz, Last.fm, Deezer, MusicBrainz and ReccoBeats on this machine."""
