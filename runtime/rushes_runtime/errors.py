"""The errors of rushes.

RushesError
├── InvalidError         the input is bad and will stay bad: never retried, it becomes a dead letter
├── TransientError       something else is wrong for now: retried with back-off
│   ├── ComputeError     the compute child died, ran out of time or of memory
│   └── ...              BrokerUnavailable, BlobsUnavailable, BlobMissing, IndexUnavailable, FetchFailed
├── Dropped              nothing is to be done for this event any more; its record is settled, and that is all
└── ConfigurationError   the installation is wrong: nothing starts until a person changes a setting

Anything else that a handler raises is a bug; it is treated as transient, since a deployment may mend it.
"""


class RushesError(Exception):
    """Base of all errors. `str()` is one sentence that names the input and what is wrong with it."""


class InvalidError(RushesError):
    """The input can't be worked on, now or later. `reason` is a word for machines: `empty`, `not_a_video`, ..."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(reason, sentence)
        self.reason = reason
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class TransientError(RushesError):
    """It did not work this time. `reason` is a word for machines, and the label of the failure's metric."""

    reason = "transient"


class ComputeError(TransientError):
    """The compute child did not answer: `reason` is `time_limit`, `child_died` or `out_of_memory`."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(reason, sentence)
        self.reason = reason
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class BrokerUnavailable(TransientError):
    """No broker answered, or not as it should."""

    reason = "broker_unavailable"


class Dropped(RushesError):
    """The event is of no account any more, such as one of a video that was deleted after it."""


class ConfigurationError(RushesError):
    """A setting is wrong. The sentence names the setting and what to do."""


def reason_of(error: BaseException) -> str:
    """The word under which a failure is counted and written down."""
    return str(getattr(error, "reason", None) or type(error).__name__)
