"""The bus: typed events over Kafka, settled only once their result is published."""
