# Three brokers, each also a KRaft controller; data on the tasks' own disks.
resource "kafka_cluster" "main" {
  name   = "main"
  cpus   = 0.5
  memory = 1024
  heap   = 512

  authorization = {}

  config = {
    "num.partitions"   = "6"
    "log.retention.ms" = "604800000" # changed without a restart
  }
}

# Known at plan: other systems can be told before the cluster exists.
output "bootstrap_servers" {
  value = kafka_cluster.main.bootstrap_servers
}
