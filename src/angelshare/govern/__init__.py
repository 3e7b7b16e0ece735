"""What it means: how long a closed lead lasts, which compute thresholds see a student, and what the instruments say."""
