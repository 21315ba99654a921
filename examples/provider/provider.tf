terraform {
  required_providers {
    kafka = {
      source = "kafka-mesos/kafka"
    }
  }
}

# Every argument may come from the environment instead (MARATHON_URL, KAFKA_BOOTSTRAP_SERVERS …).
provider "kafka" {
  marathon = {
    url = "http://marathon.mesos:8080"
  }
}

resource "kafka_cluster" "main" {
  name    = "main"
  brokers = 3
}

# A resource that names the cluster finds its brokers through Marathon, so both can be made in one apply.
resource "kafka_topic" "lines" {
  cluster            = kafka_cluster.main.id
  name               = "lines"
  partitions         = 10
  replication_factor = 3
}
