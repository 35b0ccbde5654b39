"""What each open source says about artists and tracks; one kind of question per class."""
