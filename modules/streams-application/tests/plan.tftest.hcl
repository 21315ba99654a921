# What the module makes of its variables: the application, and the rights of its principal and no more.
mock_provider "kafka" {}

variables {
  application_id = "wordcount"
  cluster        = "/kafka/main"
  image          = "example/wordcount:1"
}

run "no_principal_no_acl" {
  command = plan


  assert {
    condition     = length(kafka_acl.this) == 0
    error_message = "ACLs are made for a principal only."
  }

  assert {
    condition     = kafka_streams_application.this.processing_guarantee == "exactly_once_v2"
    error_message = "Exactly once by default."
  }
}

run "rights_of_an_exactly_once_application" {
  command = plan

  variables {
    principal     = "User:wordcount"
    input_topics  = ["lines", "more"]
    output_topics = ["counts"]
  }

  assert {
    condition     = length(kafka_acl.this) == 7
    error_message = "The group, two inputs, one output, the internal topics, and two on transactional ids."
  }

  assert {
    condition     = kafka_acl.this["input lines"].acl_operation == "Read" && kafka_acl.this["input lines"].resource_pattern_type_filter == "Literal"
    error_message = "Inputs are read, and no other topic that begins alike."
  }

  assert {
    condition     = kafka_acl.this["internal topics"].resource_name == "wordcount-" && kafka_acl.this["internal topics"].resource_pattern_type_filter == "Prefixed"
    error_message = "The prefix ends in a dash."
  }

  assert {
    condition     = alltrue([for a in values(kafka_acl.this) : a.acl_principal == "User:wordcount" && a.acl_permission_type == "Allow"])
    error_message = "All are for the one principal."
  }
}

run "at_least_once_needs_no_transactions" {
  command = plan

  variables {
    principal            = "User:wordcount"
    processing_guarantee = "at_least_once"
  }

  assert {
    condition     = alltrue([for a in values(kafka_acl.this) : a.resource_type != "TransactionalID"])
    error_message = "No rights on transactional ids."
  }
}

run "an_application_without_state" {
  command = plan

  variables {
    principal       = "User:wordcount"
    internal_topics = false
  }

  assert {
    condition     = !contains(keys(kafka_acl.this), "internal topics")
    error_message = "No rights on internal topics."
  }
}

run "useful_instances_accepted" {
  command = plan

  variables {
    instances        = 5
    threads          = 2
    input_partitions = 10
  }
}

run "idle_instances_are_told" {
  command = plan

  variables {
    instances        = 5
    threads          = 2
    input_partitions = 9
  }

  expect_failures = [check.useful_instances]
}
