"""The catalog service: the record and the ledger of every video, the reconciler, reindexing, replays, deletion."""
