"""What a client raises. `str()` of each is one sentence for people.

ClientError
├── Unreachable       nothing answers at the instance's URL, or the line broke too often
├── NotRushes         something answers there, and it is not rushes
└── Refused           the instance says no; the sentence is its own
    ├── NotFound      it does not know the id
    └── Unavailable   it can't for now
"""


class ClientError(Exception):
    """Base of all errors."""


class Unreachable(ClientError):
    """No instance answers at this URL."""

    def __init__(self, url: str) -> None:
        super().__init__(f"no rushes answers at {url}: start one with `rushes up`, or set RUSHES_URL")


class NotRushes(ClientError):
    """The answer is none that rushes gives."""

    def __init__(self, url: str, answer: str) -> None:
        super().__init__(f"what answers at {url} is not rushes as this client knows it ({answer}): set RUSHES_URL")


class Refused(ClientError):
    """The instance answered with a problem, whose `detail` is the sentence."""

    def __init__(self, sentence: str, status: int = 400, reason: str | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.reason = reason
        """A word for machines: `empty`, `not_a_video`, `too_large`, ..."""


class NotFound(Refused):
    """There is nothing with this id."""


class Unavailable(Refused):
    """Something behind the instance is down; the same request may work later."""
