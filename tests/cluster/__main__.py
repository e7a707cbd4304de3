"""Fetch Apache Kafka and build MinIO, where they are not in the cache: minutes that are no test's to wait."""

from tests.cluster import kafka, minio

if __name__ == "__main__":
    kafka.fetch()
    minio.fetch()
