"""What Discord refuses with 400 / 50035, as far as this bot could run into it."""
