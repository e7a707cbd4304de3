"""What of the libraries' words reaches the log."""

import logging

from rushes_runtime.logs import Seldom


def record(name: str, message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 0, message, args, None)


def test_library_that_repeats_itself_is_heard_once_in_a_while_and_others_always() -> None:
    now = 0.0
    seldom = Seldom("aiokafka", 10, lambda: now)

    def heard(name: str, message: str, *args: object) -> bool:
        return seldom.filter(record(name, message, *args))

    assert heard("aiokafka.conn", "no connection to %s", 1)
    assert not heard("aiokafka.conn", "no connection to %s", 2)
    assert heard("aiokafka.conn", "another message")
    assert heard("aiokafka.producer", "no connection to %s", 1)
    assert all(heard("rushes.bus", "the same") for _ in range(2))
    now = 10.0
    assert heard("aiokafka.conn", "no connection to %s", 3)
