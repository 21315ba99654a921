# principal|host|operation|permission|resource_type|resource_name|pattern
terraform import kafka_acl.alice_reads_lines 'User:alice|*|Read|Allow|Topic|lines|Literal'

# On a kafka_cluster: the cluster's id before it.
terraform import kafka_acl.alice_reads_lines '/kafka/main|User:alice|*|Read|Allow|Topic|lines|Literal'
