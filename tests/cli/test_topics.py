"""`rushes topics`: what it shows, what it asks, and when it changes nothing."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from rushes_cli.main import main
from rushes_cli.render.tables import age, lag_json, lag_table
from rushes_cli.render.terminal import out
from rushes_runtime.bus.lag import PartitionLag, TopicLag
from rushes_schemas.topics import all_topic_names

from .conftest import Said
from .embedded import tansu_in_a_thread

Topics = Callable[..., Said]

LAGS = (
    TopicLag(
        "asr",
        "rushes-asr",
        "segment-planned",
        (PartitionLag(0, 12, 10, 2, 100_000), PartitionLag(1, 0, None, 0, None)),
    ),
    TopicLag("asr", "rushes-asr-retry", "asr-retry", ()),
)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A broker without topics, named by the settings."""
    with tansu_in_a_thread() as address:
        monkeypatch.setenv("RUSHES_KAFKA__BOOTSTRAP_SERVERS", address)
        yield address


@pytest.fixture
def topics(broker: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Topics:
    monkeypatch.delenv("COLUMNS", raising=False)  # pytest-xdist sets it

    def run(*arguments: str) -> Said:
        code = main(("topics", *arguments))
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run


def test_nothing_is_changed_where_nobody_can_be_asked(topics: Topics) -> None:
    said = topics("apply")
    assert said.code == 2 and "add --yes" in said.err
    assert said.out.count("\nmake ") + 1 == len(all_topic_names())  # they are shown nevertheless
    assert topics("apply", "--json").code == 2
    assert topics("apply", "--dry-run").code == 0
    assert topics("apply", "--dry-run").out == said.out  # still none is there


def test_topics_are_made_once(topics: Topics) -> None:
    made = json.loads(topics("apply", "--yes", "--json").out)
    assert made["made"] and len(made["changes"]) == len(all_topic_names())
    assert topics("apply", "--yes").out == "every topic is there: nothing to do\n"
    again = json.loads(topics("apply", "--json").out)  # nothing to be asked
    assert again == {"changes": [], "made": False, "differing": []}


def test_a_topic_that_differs_is_told_and_left(topics: Topics, monkeypatch: pytest.MonkeyPatch) -> None:
    topics("apply", "--yes")
    monkeypatch.setenv("RUSHES_TOPICS__PARTITIONS", "8")
    said = topics("apply", "--yes")
    assert said.code == 0 and said.out == "every topic is there: nothing to do\n"
    assert said.err.count("\n") == 1 and "6 partitions, and RUSHES_TOPICS__PARTITIONS is 8" in said.err


def test_lag_of_a_broker_with_and_without_topics(topics: Topics) -> None:
    assert "there is no such topic" in topics("lag").out
    topics("apply", "--yes")
    lags = json.loads(topics("lag", "--json").out)
    assert {(lag["waiting"], len(lag["partitions"]), lag["oldest_age_ms"]) for lag in lags} == {(0, 6, None)}


def test_no_broker_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("RUSHES_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:9")
    monkeypatch.setenv("RUSHES_KAFKA__CONNECT_TIMEOUT_S", "0.5")
    assert main(("topics", "lag")) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "RUSHES_KAFKA__BOOTSTRAP_SERVERS" in error


def test_the_client_library_says_nothing_by_itself() -> None:
    program = "from rushes_cli.main import main; import sys; sys.exit(main(['topics', 'lag']))"
    environment = {"RUSHES_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9", "RUSHES_KAFKA__CONNECT_TIMEOUT_S": "0.5"}
    said = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 1 and said.stderr.count("\n") == 1, said.stderr


def test_lag_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    out().print(lag_table(LAGS, now_ms=190_000))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1] == ["asr", "segment-planned", "0", "12", "10", "2", "1", "min"]
    assert rows[2] == ["asr", "segment-planned", "1", "0", "-", "0"]
    assert rows[3][:2] == ["asr", "asr-retry"]


def test_lag_for_machines() -> None:
    first = lag_json(LAGS, now_ms=100_500)[0]
    assert (first["waiting"], first["oldest_age_ms"]) == (2, 500)
    assert first["partitions"][1] == {
        "partition": 1,
        "end": 0,
        "committed": None,
        "waiting": 0,
        "oldest_age_ms": None,
    }


@pytest.mark.parametrize(
    ("ms", "words"), [(-5, "0 s"), (59_999, "59 s"), (60_000, "1 min"), (7_200_000, "2 h"), (200_000_000, "2 d")]
)
def test_an_age_in_words(ms: int, words: str) -> None:
    assert age(ms) == words
