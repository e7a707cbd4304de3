"""The embed service: scenes-detected in, points in the index; and the catalog, which keeps the ledger."""
