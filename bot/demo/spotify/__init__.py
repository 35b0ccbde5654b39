"""A stand-in for Spotify on this machine: accounts, consent and the part of the Web API in use.

It knows nobody's music but what it is given, and says on every page that it is a stand-in.
"""
