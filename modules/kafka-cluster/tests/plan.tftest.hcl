# What the module makes of its variables.
mock_provider "kafka" {}

variables {
  name = "main"
}

run "defaults" {
  command = plan


  assert {
    condition     = kafka_cluster.this.brokers == 3 && kafka_cluster.this.kafka_version == "4.3.1"
    error_message = "Three brokers of the version that the provider is made for."
  }

  assert {
    condition     = length(kafka_topic.this) == 0
    error_message = "No topics unless asked for."
  }
}

run "topics_get_three_replicas" {
  command = plan

  variables {
    topics = { lines = { partitions = 10 }, counts = { partitions = 5, replication_factor = 2, config = { "retention.ms" = "1000" } } }
  }

  assert {
    condition     = kafka_topic.this["lines"].replication_factor == 3
    error_message = "Three replicas by default."
  }

  assert {
    condition     = kafka_topic.this["counts"].replication_factor == 2
    error_message = "A topic may ask for its own number."
  }

  assert {
    condition     = kafka_topic.this["counts"].config["retention.ms"] == "1000"
    error_message = "The configuration is passed on."
  }

  assert {
    condition     = output.topics["lines"] == "lines"
    error_message = "Topics are given back by name."
  }
}

run "a_small_cluster_gets_fewer_replicas" {
  command = plan

  variables {
    brokers = 1
    topics  = { lines = { partitions = 1 } }
  }

  assert {
    condition     = kafka_topic.this["lines"].replication_factor == 1
    error_message = "No more replicas than brokers."
  }
}
