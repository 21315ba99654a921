# A topic of the cluster that the provider's bootstrap_servers name: its name.
terraform import kafka_topic.audit 'audit'

# A topic of a kafka_cluster: the cluster's id, a bar, and the topic's name.
terraform import kafka_topic.lines '/kafka/main|lines'
