"""Importing tar archives of videos from another installation."""
