# Every rule of the variables, once kept and once broken. The provider is a mock: nothing is asked of anybody.
mock_provider "kafka" {}

variables {
  name = "main"
}

run "name_accepted" {
  command = plan

  variables {
    name = "main-2"
  }
}

run "name_refused" {
  command = plan

  variables {
    name = "Main"
  }

  expect_failures = [var.name]
}

run "group_accepted" {
  command = plan

  variables {
    group = "/data/kafka/main"
  }
}

run "group_refused" {
  command = plan

  variables {
    group = "kafka/main"
  }

  expect_failures = [var.group]
}

run "kafka_version_accepted" {
  command = plan

  variables {
    kafka_version = "3.9.2"
  }
}

run "kafka_version_refused" {
  command = plan

  variables {
    kafka_version = "3.8.1"
  }

  expect_failures = [var.kafka_version]
}

run "kafka_version_of_two_digits_accepted" {
  command = plan

  variables {
    kafka_version = "3.10.0"
  }
}

run "kafka_version_of_two_digits_refused" {
  command = plan

  variables {
    kafka_version = "3.1.0"
  }

  expect_failures = [var.kafka_version]
}

run "runtime_accepted" {
  command = plan

  variables {
    runtime = "mesos"
  }
}

run "runtime_refused" {
  command = plan

  variables {
    runtime = "lxc"
  }

  expect_failures = [var.runtime]
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
    brokers = 0
  }

  expect_failures = [var.brokers]
}

run "brokers_whole_accepted" {
  command = plan

  variables {
    brokers = 4
  }
}

run "brokers_whole_refused" {
  command = plan

  variables {
    brokers = 1.5
  }

  expect_failures = [var.brokers]
}

run "cpus_accepted" {
  command = plan

  variables {
    cpus = 0.1
  }
}

run "cpus_refused" {
  command = plan

  variables {
    cpus = 0
  }

  expect_failures = [var.cpus]
}

run "memory_accepted" {
  command = plan

  variables {
    memory = 4096
  }
}

run "memory_refused" {
  command = plan

  variables {
    memory = 0
  }

  expect_failures = [var.memory]
}

run "heap_accepted" {
  command = plan

  variables {
    heap = 1024
  }
}

run "heap_refused" {
  command = plan

  variables {
    heap = 2048
  }

  expect_failures = [var.heap]
}

run "storage_type_accepted" {
  command = plan

  variables {
    storage = { type = "mount", size = 1000 }
  }
}

run "storage_type_refused" {
  command = plan

  variables {
    storage = { type = "nfs", size = 1000 }
  }

  expect_failures = [var.storage]
}

run "storage_size_accepted" {
  command = plan

  variables {
    storage = { size = 1000 }
  }
}

run "storage_size_refused" {
  command = plan

  variables {
    storage = { size = 0 }
  }

  expect_failures = [var.storage]
}

run "super_users_accepted" {
  command = plan

  variables {
    authorization = { super_users = ["User:admin"] }
  }
}

run "super_users_refused" {
  command = plan

  variables {
    authorization = { super_users = ["admin"] }
  }

  expect_failures = [var.authorization]
}

run "authorization_by_default_accepted" {
  command = plan

  variables {
    authorization = {}
  }
}

run "authorization_by_default_refused" {
  command = plan

  variables {
    authorization = { super_users = [""] }
  }

  expect_failures = [var.authorization]
}

run "client_port_accepted" {
  command = plan

  variables {
    client_port = 9192
  }
}

run "client_port_refused" {
  command = plan

  variables {
    client_port = 70000
  }

  expect_failures = [var.client_port]
}

run "controller_port_accepted" {
  command = plan

  variables {
    controller_port = 9193
  }
}

run "controller_port_refused" {
  command = plan

  variables {
    controller_port = 0
  }

  expect_failures = [var.controller_port]
}

run "ports_differ_accepted" {
  command = plan

  variables {
    controller_port = 9094
  }
}

run "ports_differ_refused" {
  command = plan

  variables {
    client_port     = 9094
    controller_port = 9094
  }

  expect_failures = [var.controller_port]
}

run "hosts_accepted" {
  command = plan

  variables {
    placement = { hosts = ["a", "b", "c"] }
  }
}

run "hosts_refused" {
  command = plan

  variables {
    placement = { hosts = ["a", "b"] }
  }

  expect_failures = [var.placement]
}

run "rack_accepted" {
  command = plan

  variables {
    placement = { rack = { attribute = "rack", values = ["r1"] } }
  }
}

run "rack_refused" {
  command = plan

  variables {
    placement = { rack = { attribute = "rack", values = [] } }
  }

  expect_failures = [var.placement]
}

run "service_discovery_accepted" {
  command = plan

  variables {
    service_discovery = "mesos-dns"
  }
}

run "service_discovery_refused" {
  command = plan

  variables {
    service_discovery = "consul"
  }

  expect_failures = [var.service_discovery]
}

run "discovery_by_hosts_accepted" {
  command = plan

  variables {
    service_discovery = "hosts"
    placement         = { hosts = ["a", "b", "c"] }
  }
}

run "discovery_by_hosts_refused" {
  command = plan

  variables {
    service_discovery = "hosts"
  }

  expect_failures = [var.service_discovery]
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
    replication_factor = 0
  }

  expect_failures = [var.replication_factor]
}

run "replication_factor_fits_accepted" {
  command = plan

  variables {
    replication_factor = 3
  }
}

run "replication_factor_fits_refused" {
  command = plan

  variables {
    replication_factor = 4
  }

  expect_failures = [var.replication_factor]
}

run "topic_name_accepted" {
  command = plan

  variables {
    topics = { "orders.v1" = { partitions = 3 } }
  }
}

run "topic_name_refused" {
  command = plan

  variables {
    topics = { "orders v1" = { partitions = 3 } }
  }

  expect_failures = [var.topics]
}

run "topic_partitions_accepted" {
  command = plan

  variables {
    topics = { orders = { partitions = 1 } }
  }
}

run "topic_partitions_refused" {
  command = plan

  variables {
    topics = { orders = { partitions = 0 } }
  }

  expect_failures = [var.topics]
}

run "topic_replicas_refused" {
  command = plan

  variables {
    topics = { orders = { partitions = 1, replication_factor = 4 } }
  }

  expect_failures = [kafka_topic.this]
}
