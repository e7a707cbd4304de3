"""What a command ends with when it can't do what it was asked: one sentence, which `main` puts on stderr.

RushesError (of the runtime)
└── WrongUse          the command line makes no sense: exit code 2

What goes wrong in talking to an instance are `rushes_client.errors`.
"""

from rushes_client.errors import ClientError
from rushes_runtime.errors import RushesError

FAILURES = (RushesError, ClientError)
"""All that a command tells in one sentence."""


class WrongUse(RushesError):
    """The arguments contradict each other or are malformed. The sentence says which, and what would be right."""
