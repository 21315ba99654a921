data "kafka_cluster" "main" {
  name = "main"
}

output "bootstrap_servers" {
  value = data.kafka_cluster.main.bootstrap_servers
}

output "brokers" {
  value = { for b in data.kafka_cluster.main.broker_list : b.id => "${b.host}:${b.port}" }
}
