"""What a command ends with when it can't do what it was asked: one sentence, which `main` puts on stderr.

RushesError (of the runtime)
├── WrongUse          the command line makes no sense: exit code 2
├── Unreachable       nothing answers at the instance's URL
├── NotRushes         something answers there, and it is not rushes
└── Refused           the instance says no; the sentence is its own
    ├── NotFound      it does not know the id
    └── Unavailable   it can't for now
"""

from rushes_runtime.errors import RushesError


class WrongUse(RushesError):
    """The arguments contradict each other or are malformed. The sentence says which, and what would be right."""


class Unreachable(RushesError):
    """No instance answers at this URL."""

    def __init__(self, url: str) -> None:
        super().__init__(f"no rushes answers at {url}: start one with `rushes up`, or set RUSHES_URL")


class NotRushes(RushesError):
    """The answer is none that rushes gives."""

    def __init__(self, url: str, answer: str) -> None:
        super().__init__(f"what answers at {url} is not rushes as this command knows it ({answer}): set RUSHES_URL")


class Refused(RushesError):
    """The instance answered with a problem, whose `detail` is the sentence."""


class NotFound(Refused):
    """There is nothing with this id."""


class Unavailable(Refused):
    """Something behind the instance is down; the same request may work later."""
