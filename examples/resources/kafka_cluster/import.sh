# By the path of the cluster's Marathon group.
terraform import kafka_cluster.main /kafka/main

# Or by its name, where the group is /kafka/<name>.
terraform import kafka_cluster.main main
