output "application_id" {
  description = "The application id, which is the consumer group."
  value       = kafka_streams_application.this.application_id
}

output "app_id" {
  description = "Id of the app in Marathon."
  value       = kafka_streams_application.this.id
}

output "group_state" {
  description = "State of the consumer group at the last look."
  value       = kafka_streams_application.this.group_state
}

output "members" {
  description = "Members of the consumer group at the last look."
  value       = kafka_streams_application.this.members
}

output "acls" {
  description = "Ids of the ACLs of the application's principal."
  value       = [for acl in kafka_acl.this : acl.id]
}
