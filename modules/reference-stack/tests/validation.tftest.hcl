# Every rule of the variables, once kept and once broken. The provider is a mock: nothing is asked of anybody.
mock_provider "kafka" {}

variables {
  application_image = "example/wordcount:1"
}

run "brokers_accepted" {
  command = plan

  variables {
    brokers = 5
  }
}

run "brokers_refused" {
  command = plan

  variables {
    brokers              = 0
    processing_guarantee = "at_least_once"
  }

  expect_failures = [var.brokers]
}

run "exactly_once_brokers_accepted" {
  command = plan

  variables {
    brokers              = 1
    processing_guarantee = "at_least_once"
  }
}

run "exactly_once_brokers_refused" {
  command = plan

  variables {
    brokers = 1
  }

  expect_failures = [var.brokers]
}

run "super_users_accepted" {
  command = plan

  variables {
    super_users = ["User:ANONYMOUS", "User:admin"]
  }
}

run "super_users_refused" {
  command = plan

  variables {
    super_users = []
  }

  expect_failures = [var.super_users]
}

run "replication_factor_accepted" {
  command = plan

  variables {
    replication_factor = 2
  }
}

run "replication_factor_refused" {
  command = plan

  variables {
    replication_factor = 4
  }

  expect_failures = [var.replication_factor]
}

run "input_partitions_accepted" {
  command = plan

  variables {
    input_partitions = 12
  }
}

run "input_partitions_refused" {
  command = plan

  variables {
    input_partitions = 0
    instances        = 0
  }

  expect_failures = [var.input_partitions]
}

run "output_partitions_accepted" {
  command = plan

  variables {
    output_partitions = 1
  }
}

run "output_partitions_refused" {
  command = plan

  variables {
    output_partitions = 0
  }

  expect_failures = [var.output_partitions]
}

run "topics_differ_accepted" {
  command = plan

  variables {
    output_topic = "totals"
  }
}

run "topics_differ_refused" {
  command = plan

  variables {
    output_topic = "lines"
  }

  expect_failures = [var.output_topic]
}

run "instances_accepted" {
  command = plan

  variables {
    instances = 0
  }
}

run "instances_refused" {
  command = plan

  variables {
    instances = -1
  }

  expect_failures = [var.instances]
}
