output "id" {
  description = "Id of the cluster: its Marathon group. Other resources name the cluster by it."
  value       = kafka_cluster.this.id
}

output "bootstrap_servers" {
  description = "The static connection URL, known at plan time."
  value       = kafka_cluster.this.bootstrap_servers
}

output "cluster_id" {
  description = "Kafka's own id of the cluster."
  value       = kafka_cluster.this.cluster_id
}

output "brokers" {
  description = "The brokers: id, app id, host, port and rack of each."
  value       = kafka_cluster.this.broker_list
}

output "topics" {
  description = "Names of the topics, by name. A resource that refers to them is made after them."
  value       = { for name, topic in kafka_topic.this : name => topic.name }
}
