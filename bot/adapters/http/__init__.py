"""One polite HTTP client for all open sources, and what each of them answers."""
