# Alice may read the topic "lines".
resource "kafka_acl" "alice_reads_lines" {
  cluster             = kafka_cluster.main.id
  resource_type       = "Topic"
  resource_name       = "lines"
  acl_principal       = "User:alice"
  acl_host            = "*"
  acl_operation       = "Read"
  acl_permission_type = "Allow"
}

# A Kafka Streams application owns every topic that begins with its id.
resource "kafka_acl" "wordcount_internal_topics" {
  cluster                      = kafka_cluster.main.id
  resource_type                = "Topic"
  resource_name                = "wordcount-"
  resource_pattern_type_filter = "Prefixed"
  acl_principal                = "User:wordcount"
  acl_host                     = "*"
  acl_operation                = "All"
  acl_permission_type          = "Allow"
}

# ACLs need an authorizer on the brokers.
resource "kafka_cluster" "main" {
  name          = "main"
  brokers       = 3
  authorization = {}
}
