"""Scenes: finds the shots of each segment, takes pictures out of them, and gives them the words that were said."""
