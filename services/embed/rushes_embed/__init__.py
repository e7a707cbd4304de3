"""The embed service: scenes-detected in, points in the index out."""
