# The whole of it: a cluster, its topics, a Kafka Streams application that reads the one and writes the other, and the
# rights that it needs.
#
# ACLs on plaintext listeners. Brokers accept ACLs only with an authorizer, and on listeners without authentication
# everybody is User:ANONYMOUS: clients, this provider, and the brokers among each other. A right given to ANONYMOUS would
# be given to all, and a right given to somebody else would lock everybody out of that topic, Terraform included, even
# with allow_everyone_if_no_acl, because that opens only what has no ACL at all. So ANONYMOUS is a super user here: the
# cluster works as without an authorizer. The application's ACLs are made for the principal that it will have (var.principal);
# they are stored and can be reviewed, and begin to count for clients on listeners that authenticate, once super_users no longer
# names ANONYMOUS. Until then they refuse nobody.

module "cluster" {
  source = "../kafka-cluster"

  name              = var.cluster_name
  kafka_version     = var.kafka_version
  image             = var.kafka_image
  runtime           = var.kafka_runtime
  brokers           = var.brokers
  cpus              = var.broker_cpus
  memory            = var.broker_memory
  heap              = var.broker_heap
  storage           = var.broker_storage
  client_port       = var.client_port
  controller_port   = var.controller_port
  placement         = var.broker_placement
  service_discovery = var.service_discovery
  config            = var.broker_config

  authorization = {
    super_users = var.super_users
  }

  replication_factor = var.replication_factor
  topics = {
    (var.input_topic) = {
      partitions = var.input_partitions
      config     = local.topic_config
    }
    (var.output_topic) = {
      partitions = var.output_partitions
      config     = local.topic_config
    }
  }
}

module "application" {
  source = "../streams-application"

  cluster        = module.cluster.id
  application_id = var.application_id
  image          = var.application_image
  artifacts      = var.application_artifacts
  command        = var.application_command
  runtime        = var.application_runtime

  instances            = var.instances
  cpus                 = var.instance_cpus
  memory               = var.instance_memory
  heap                 = var.instance_heap
  threads              = var.threads
  processing_guarantee = var.processing_guarantee
  config               = var.application_config
  env                  = var.application_env
  constraints          = var.application_constraints
  health_check         = var.health_check
  readiness_path       = var.readiness_path
  kill_grace_period    = var.kill_grace_period

  input_topics     = [module.cluster.topics[var.input_topic]]
  output_topics    = [module.cluster.topics[var.output_topic]]
  input_partitions = var.input_partitions
  principal        = var.principal
}

locals {
  replication_factor = coalesce(var.replication_factor, min(3, var.brokers))

  # One copy may be missing without stopping producers; with a single copy there is nothing to spare.
  topic_config = {
    "min.insync.replicas" = tostring(max(1, local.replication_factor - 1))
  }
}
