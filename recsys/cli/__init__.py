"""The command line: the one part of this package that reads data files and prints."""
