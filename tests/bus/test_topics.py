"""What `rushes topics apply` does, and what it only says."""

from dataclasses import replace

import pytest

from rushes_runtime.bus.admin import TopicState
from rushes_runtime.bus.topics import Plan, compared, planned, provision, wanted
from rushes_runtime.errors import BrokerUnavailable
from rushes_runtime.settings import KafkaSettings, TopicSettings
from rushes_schemas.topics import all_topic_names

KAFKA = KafkaSettings()
WANTED = wanted(KAFKA, TopicSettings(partitions=6, replication=3))
ALL = len(all_topic_names())


def look(there: dict[str, TopicState], *, add_partitions: bool = False, reconfigure: bool = False) -> Plan:
    return compared(WANTED, there, add_partitions=add_partitions, reconfigure=reconfigure)


def with_asr(**changed: object) -> dict[str, TopicState]:
    return WANTED | {"asr-retry": replace(WANTED["asr-retry"], **changed)}  # type: ignore[arg-type]


def test_all_are_made_where_none_is() -> None:
    plan = look({})
    assert set(plan.make) == set(all_topic_names()) and not plan.differing
    steps = list(plan.steps())
    assert len(steps) == ALL
    assert steps[0] == (
        "make video-uploaded: 6 partitions, 3 replicas, "
        "retention.ms=604800000, max.message.bytes=4000000, min.insync.replicas=2"
    )


def test_dead_letters_are_kept_longer() -> None:
    kept = {name: topic.config["retention.ms"] for name, topic in WANTED.items()}
    assert kept["asr-dlq"] == kept["asr-retry"] == str(90 * 24 * 3_600_000)
    assert kept["video-uploaded"] == str(7 * 24 * 3_600_000)


@pytest.mark.parametrize(
    ("replication", "asked", "in_sync"), [(1, None, "1"), (2, None, "1"), (3, None, "2"), (3, 1, "1")]
)
def test_copies_that_must_have_a_record(replication: int, asked: int | None, in_sync: str) -> None:
    topics = wanted(KAFKA, TopicSettings(replication=replication, min_insync_replicas=asked))
    assert topics["video-uploaded"].config["min.insync.replicas"] == in_sync


def test_nothing_is_done_where_all_is_as_wanted() -> None:
    plan = look(dict(WANTED))
    assert plan.is_empty and not plan.differing


def test_too_few_partitions_are_said_and_added_only_when_asked_for() -> None:
    there = with_asr(partitions=2)
    plan = look(there)
    assert plan.is_empty
    [sentence] = plan.differing
    assert sentence.startswith("asr-retry: 2 partitions, and RUSHES_TOPICS__PARTITIONS is 6; ")
    plan = look(there, add_partitions=True)
    assert list(plan.steps()) == ["grow asr-retry: from 2 to 6 partitions"] and not plan.differing


def test_partitions_are_never_taken_away() -> None:
    plan = look(with_asr(partitions=12), add_partitions=True, reconfigure=True)
    assert plan.is_empty and "set it to 12" in plan.differing[0]


def test_another_retention_names_its_setting_and_is_changed_only_when_asked_for() -> None:
    there = with_asr(config=dict(WANTED["asr-retry"].config) | {"retention.ms": "1000"})
    plan = look(there)
    assert plan.is_empty
    assert plan.differing[0].startswith(
        "asr-retry: retention.ms=1000, and RUSHES_TOPICS__DEAD_LETTER_RETENTION_H wants 7776000000; "
    )
    plan = look(there, reconfigure=True)
    assert list(plan.steps()) == ["configure asr-retry: retention.ms=7776000000"] and not plan.differing


def test_what_many_topics_have_in_common_is_said_once() -> None:
    plan = look({name: replace(topic, replication=1) for name, topic in WANTED.items()})
    [sentence] = plan.differing
    assert sentence.startswith("video-uploaded, segment-planned, ")
    assert "1 replicas, and RUSHES_TOPICS__REPLICATION is 3" in sentence


def test_a_setting_that_the_broker_does_not_tell_is_left_alone() -> None:
    assert look({name: replace(topic, config={}) for name, topic in WANTED.items()}).differing == ()


async def test_topics_are_made_once_on_a_broker(tansu: KafkaSettings) -> None:
    topics = TopicSettings(partitions=2)
    assert len((await provision(tansu, topics)).make) == ALL
    assert (await planned(tansu, topics)).is_empty
    more = await planned(tansu, TopicSettings(partitions=3), add_partitions=True)
    assert len(more.grow) == ALL


async def test_no_broker_is_said_with_its_setting() -> None:
    with pytest.raises(BrokerUnavailable, match=r"RUSHES_KAFKA__BOOTSTRAP_SERVERS 127\.0\.0\.1:9"):
        await planned(KafkaSettings(bootstrap_servers="127.0.0.1:9", connect_timeout_s=0.5), TopicSettings())
