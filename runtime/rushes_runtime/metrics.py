"""The metrics of rushes' own, in one typed list. FastStream's middleware adds those of the bus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

STAGE_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


class Metrics:
    """One set of metrics in a registry of its own, so that two can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.stage_seconds = Histogram(
            "rushes_stage_seconds",
            "Time that a stage's handler took for one record, by how it ended (done, retry, dead)",
            ("stage", "outcome"),
            buckets=STAGE_BUCKETS,
            registry=self.registry,
        )
        self.failures = Counter(
            "rushes_failures_total",
            "Records that a stage could not do, by reason and by what became of them (retry, dead)",
            ("stage", "reason", "outcome"),
            registry=self.registry,
        )
        self.backlog = Gauge(
            "rushes_backlog_records",
            "Records behind the one that was last settled, in a partition of the stage's topic",
            ("stage", "partition"),
            registry=self.registry,
        )
        self.waiting = Gauge(
            "rushes_retry_waiting_records",
            "Records that wait in this process for their next attempt",
            ("stage",),
            registry=self.registry,
        )
        self.reconciled = Counter(
            "rushes_reconciled_total",
            "Videos that were stuck, by what was done (counted, published, lost)",
            ("action",),
            registry=self.registry,
        )
        self.unreadable = Counter(
            "rushes_unreadable_blobs_total",
            "Stored files that could not be read and were set aside",
            registry=self.registry,
        )
