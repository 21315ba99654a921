# Three brokers, two topics, the application's ACLs and five instances of a word count, from one apply.
# Where Marathon is, the environment says: MARATHON_URL=http://marathon.mesos:8080
provider "kafka" {}

module "stack" {
  source = "../../modules/reference-stack"

  kafka_version = var.kafka_version
  brokers       = var.brokers
  instances     = var.instances

  # The worker of examples/apps/wordcount-go, a program without a JVM that stands in for a Kafka Streams application.
  application_artifacts = [{ uri = var.worker_uri, executable = true }]
  application_command   = "exec ./${basename(var.worker_uri)}"

  # A dead instance is noticed after this time; 6000 is the least that brokers allow by default.
  application_config = {
    "consumer.session.timeout.ms" = tostring(var.session_timeout_ms)
  }

  health_check = {
    path         = "/live"
    grace_period = 60
    interval     = 2
    timeout      = 2
  }
  kill_grace_period = 15
}
