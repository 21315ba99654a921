output "bootstrap_servers" {
  description = "The static connection URL of the cluster, known before it exists."
  value       = module.stack.bootstrap_servers
}

output "brokers" {
  description = "The brokers: id, app id, host, port and rack of each."
  value       = module.stack.brokers
}

output "application_id" {
  description = "The application id, which is the consumer group."
  value       = module.stack.application.application_id
}

output "app_id" {
  description = "Id of the application's app in Marathon."
  value       = module.stack.application.app_id
}

output "application" {
  description = "The application: its ids, its group's state and members, and its ACLs."
  value       = module.stack.application
}

output "input_topic" {
  description = "Topic that the application reads."
  value       = module.stack.input_topic
}

output "output_topic" {
  description = "Topic that the application writes."
  value       = module.stack.output_topic
}

output "instances" {
  description = "Number of instances that were asked for."
  value       = var.instances
}
