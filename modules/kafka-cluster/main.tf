locals {
  # Three copies where there are three brokers, fewer in smaller clusters.
  replication_factor = coalesce(var.replication_factor, min(3, var.brokers))
}

resource "kafka_cluster" "this" {
  name                = var.name
  group               = var.group
  kafka_version       = var.kafka_version
  image               = var.image
  runtime             = var.runtime
  brokers             = var.brokers
  cpus                = var.cpus
  memory              = var.memory
  heap                = var.heap
  storage             = var.storage
  authorization       = var.authorization
  client_port         = var.client_port
  controller_port     = var.controller_port
  placement           = var.placement
  service_discovery   = var.service_discovery
  config              = var.config
  env                 = var.env
  labels              = var.labels
  deletion_protection = var.deletion_protection
  timeouts            = var.timeouts
}

resource "kafka_topic" "this" {
  for_each = var.topics

  cluster             = kafka_cluster.this.id
  name                = each.key
  partitions          = each.value.partitions
  replication_factor  = coalesce(each.value.replication_factor, local.replication_factor)
  config              = each.value.config
  deletion_protection = each.value.deletion_protection

  lifecycle {
    precondition {
      condition     = coalesce(each.value.replication_factor, local.replication_factor) <= var.brokers
      error_message = "Topic ${each.key} asks for more replicas than the cluster has brokers (${var.brokers})."
    }
  }
}
