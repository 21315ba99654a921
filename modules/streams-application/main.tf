locals {
  # The application goes by plan arithmetic here; the provider compares with what Kafka says when it can be asked.
  threads = var.instances * coalesce(var.threads, 1)

  # Internal topics and transactional ids begin with the application id and a dash: without the dash, the rights of
  # "orders" would cover "orders-eu" as well.
  prefix = "${var.application_id}-"

  rights = var.principal == null ? {} : merge(
    { "group read" = { type = "Group", name = var.application_id, pattern = "Literal", operation = "Read" } },
    { for t in var.input_topics : "input ${t}" => { type = "Topic", name = t, pattern = "Literal", operation = "Read" } },
    { for t in var.output_topics : "output ${t}" => { type = "Topic", name = t, pattern = "Literal", operation = "Write" } },
    var.internal_topics ? { "internal topics" = { type = "Topic", name = local.prefix, pattern = "Prefixed", operation = "All" } } : {},
    var.processing_guarantee == "exactly_once_v2" ? {
      "transactions write"    = { type = "TransactionalID", name = local.prefix, pattern = "Prefixed", operation = "Write" }
      "transactions describe" = { type = "TransactionalID", name = local.prefix, pattern = "Prefixed", operation = "Describe" }
    } : {},
  )
}

resource "kafka_acl" "this" {
  for_each = local.rights

  cluster                      = var.cluster
  resource_type                = each.value.type
  resource_name                = each.value.name
  resource_pattern_type_filter = each.value.pattern
  acl_principal                = var.principal
  acl_host                     = "*"
  acl_operation                = each.value.operation
  acl_permission_type          = "Allow"
}

resource "kafka_streams_application" "this" {
  cluster              = var.cluster
  bootstrap_servers    = var.bootstrap_servers
  application_id       = var.application_id
  app_id               = var.app_id
  image                = var.image
  artifacts            = var.artifacts
  runtime              = var.runtime
  command              = var.command
  instances            = var.instances
  cpus                 = var.cpus
  memory               = var.memory
  heap                 = var.heap
  threads              = var.threads
  processing_guarantee = var.processing_guarantee
  config               = var.config
  env                  = var.env
  labels               = var.labels
  constraints          = var.constraints
  health_check         = var.health_check
  readiness_path       = var.readiness_path
  kill_grace_period    = var.kill_grace_period
  upgrade              = var.upgrade
  input_topics         = var.input_topics
  output_topics        = var.output_topics
  timeouts             = var.timeouts

  # An application that starts before its rights are there is turned away from its own group.
  depends_on = [kafka_acl.this]
}

check "useful_instances" {
  assert {
    condition     = var.input_partitions == null || local.threads <= coalesce(var.input_partitions, local.threads)
    error_message = "${local.threads} stream threads read inputs with ${coalesce(var.input_partitions, 0)} partitions: the rest gets no task. Use fewer instances, or inputs with more partitions."
  }
}
