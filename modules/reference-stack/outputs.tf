output "cluster" {
  description = "Id of the cluster."
  value       = module.cluster.id
}

output "bootstrap_servers" {
  description = "The static connection URL, known at plan time."
  value       = module.cluster.bootstrap_servers
}

output "brokers" {
  description = "The brokers: id, app id, host, port and rack of each."
  value       = module.cluster.brokers
}

output "input_topic" {
  description = "Topic that the application reads."
  value       = module.cluster.topics[var.input_topic]
}

output "output_topic" {
  description = "Topic that the application writes."
  value       = module.cluster.topics[var.output_topic]
}

output "application" {
  description = "The application: its id, its app in Marathon, its group's state and members, and the ids of its ACLs."
  value = {
    application_id = module.application.application_id
    app_id         = module.application.app_id
    group_state    = module.application.group_state
    members        = module.application.members
    acls           = module.application.acls
  }
}
