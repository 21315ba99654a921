# Three brokers, two topics, the application's ACLs and five instances of a word count, from one apply.
# Where Marathon is, the environment says: MARATHON_URL=http://marathon.mesos:8080
provider "kafka" {}

module "stack" {
  source = "../../modules/reference-stack"

  kafka_version = var.kafka_version
  brokers       = var.brokers
  instances     = var.instances

  # One of the two word counts of examples/apps: the Kafka Streams application (a jar), or the program without a JVM that
  # stands in for it.
  application_artifacts = [{ uri = var.worker_uri, executable = !local.java, extract = false }]
  application_command   = local.java ? "mkdir -p tmp && exec java ${local.jvm_options} -jar ${local.worker}" : "exec ./${local.worker}"
  instance_heap         = local.java ? 64 : null
  readiness_path        = local.java ? "/ready" : null

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

locals {
  worker = basename(var.worker_uri)
  java   = endswith(local.worker, ".jar")

  # Small and quick to start; libraries that are unpacked go into the task's own folder, which goes with it.
  jvm_options = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError -Djava.io.tmpdir=tmp"
}
