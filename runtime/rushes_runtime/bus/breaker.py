"""The breaker: tells a consumer for which nearly everything fails the same way from one that met a few bad records."""

from collections import Counter, deque

from rushes_runtime.settings import FailureSettings


class Breaker:
    """Counts how the last records of a service ended. Knows no clock and no broker.

    Open, it asks for a pause after each record, which gets longer; the next record is the probe, and the first one
    that succeeds closes it. Failures while it is open are nobody's attempt. Only first attempts are told to it: a few
    records that fail again and again would soon be all that is left to do. Invalid input, and an input's own source
    that does not answer, say nothing about the service and are not told to it either.
    """

    def __init__(self, settings: FailureSettings) -> None:
        self._settings = settings
        self._outcomes: deque[str | None] = deque(maxlen=settings.breaker_window)
        self._pauses = 0
        self.reason: str | None = None
        """What nearly everything fails with while the breaker is open, else None."""

    def succeeded(self) -> None:
        """A record was done."""
        self._outcomes.append(None)
        self._pauses = 0
        if self.reason is not None:
            self.reason = None
            self._outcomes.clear()

    def failed(self, reason: str) -> None:
        """A record failed at its first attempt, and not by its input's own fault."""
        self._outcomes.append(reason)
        if len(self._outcomes) == self._outcomes.maxlen:
            commonest, count = Counter(self._outcomes).most_common(1)[0]
            if commonest is not None and count >= self._settings.breaker_share * len(self._outcomes):
                self.reason = commonest

    def pause_s(self) -> float:
        """How long to consume nothing now: 0 while closed, else twice as long as the last time, up to the cap."""
        if self.reason is None:
            return 0.0
        pause = min(self._settings.breaker_cap_s, self._settings.breaker_pause_s * 2.0**self._pauses)
        self._pauses += 1
        return pause
