"""The errors of rushes.

RushesError
├── InvalidError         the input is bad and will stay bad: never retried, it becomes a dead letter
├── TransientError       something else is wrong for now: retried with back-off
│   ├── SourceError      what this one input refers to is wrong for now: retried too, but the service is well
│   │   └── ...          FetchFailed, BlobMissing, BeingDeleted, NotGone
│   ├── ComputeError     the compute child died, ran out of time or of memory
│   └── ...              BrokerUnavailable, BlobsUnavailable, IndexUnavailable
├── Dropped              nothing is to be done for this event any more; its record is settled, and that is all
└── ConfigurationError   the installation is wrong: nothing starts until a person changes a setting

Anything else that a handler raises is a bug; it is treated as transient, since a deployment may mend it.

Which failures count towards the circuit breaker (bus/breaker.py), which pauses a service that fails at nearly all:

- InvalidError and Dropped never count. They say something of the input alone.
- SourceError never counts. The host of a URL is down, the one blob that a record names is not there, its video is being
  deleted: others' inputs are not concerned, however many of these come in a row.
- ComputeError counts. A child that dies of one video looks the same as one that dies of every video, since it has too
  little memory or a broken library. Where it was one video, the next record that succeeds closes the breaker.
- BlobsUnavailable and IndexUnavailable count, unless the readiness check fails too; then the record waits for that.
- Bugs count.
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


class SourceError(TransientError):
    """What this one input refers to can't be had for now. It is retried; it says nothing about the service's health."""

    reason = "source_unavailable"


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
