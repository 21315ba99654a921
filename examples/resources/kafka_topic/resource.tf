# On a cluster of the same configuration: both are made in one apply.
resource "kafka_topic" "lines" {
  cluster            = kafka_cluster.main.id
  name               = "lines"
  partitions         = 10
  replication_factor = 3

  config = {
    "retention.ms"        = "604800000" # a week
    "min.insync.replicas" = "2"
  }

  deletion_protection = true
}

# On the cluster that the provider's bootstrap_servers name.
resource "kafka_topic" "audit" {
  name               = "audit"
  partitions         = 3
  replication_factor = -1 # whatever the cluster's default is

  config = {
    "cleanup.policy" = "compact"
  }

  timeouts = {
    create = "2m"
  }
}

resource "kafka_cluster" "main" {
  name    = "main"
  brokers = 3
}
