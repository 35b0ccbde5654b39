"""Candidate sources: who is similar, asked at ListenBrainz, Last.fm and Deezer."""
