# Every rule of the variables, once kept and once broken. The provider is a mock: nothing is asked of anybody.
mock_provider "kafka" {}

variables {
  application_id = "wordcount"
  cluster        = "/kafka/main"
  image          = "example/wordcount:1"
}

run "application_id_accepted" {
  command = plan

  variables {
    application_id = "word.count-2"
  }
}

run "application_id_refused" {
  command = plan

  variables {
    application_id = "word count"
  }

  expect_failures = [var.application_id]
}

run "application_id_without_app_id_accepted" {
  command = plan

  variables {
    application_id = "Word_Count"
    app_id         = "/streams/word-count"
  }
}

run "application_id_without_app_id_refused" {
  command = plan

  variables {
    application_id = "Word_Count"
  }

  expect_failures = [var.application_id]
}

run "bootstrap_servers_accepted" {
  command = plan

  variables {
    cluster           = null
    bootstrap_servers = ["a:9092"]
  }
}

run "bootstrap_servers_refused" {
  command = plan

  variables {
    bootstrap_servers = ["a:9092"]
  }

  expect_failures = [var.bootstrap_servers]
}

run "app_id_accepted" {
  command = plan

  variables {
    app_id = "/team/wordcount"
  }
}

run "app_id_refused" {
  command = plan

  variables {
    app_id = "wordcount"
  }

  expect_failures = [var.app_id]
}

run "one_source_accepted" {
  command = plan

  variables {
    image     = null
    artifacts = [{ uri = "http://example.com/app.jar" }]
    command   = "exec java -jar app.jar"
  }
}

run "one_source_refused" {
  command = plan

  variables {
    artifacts = [{ uri = "http://example.com/app.jar" }]
    command   = "exec java -jar app.jar"
  }

  expect_failures = [var.artifacts]
}

run "some_source_accepted" {
  command = plan

  variables {
    image = "example/other:1"
  }
}

run "some_source_refused" {
  command = plan

  variables {
    image = null
  }

  expect_failures = [var.artifacts]
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

run "runtime_of_artifacts_accepted" {
  command = plan

  variables {
    image     = null
    artifacts = [{ uri = "http://example.com/app.jar" }]
    command   = "exec x"
    runtime   = "mesos"
  }
}

run "runtime_of_artifacts_refused" {
  command = plan

  variables {
    image     = null
    artifacts = [{ uri = "http://example.com/app.jar" }]
    command   = "exec x"
    runtime   = "docker"
  }

  expect_failures = [var.runtime]
}

run "command_accepted" {
  command = plan

  variables {
    image     = null
    artifacts = [{ uri = "http://example.com/app.jar" }]
    command   = "exec java -jar app.jar"
  }
}

run "command_refused" {
  command = plan

  variables {
    image     = null
    artifacts = [{ uri = "http://example.com/app.jar" }]
  }

  expect_failures = [var.command]
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
    memory = 64
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
    heap = 384
  }
}

run "heap_refused" {
  command = plan

  variables {
    heap = 385
  }

  expect_failures = [var.heap]
}

run "heap_of_a_quarter_accepted" {
  command = plan

  variables {
    heap   = 2048
    memory = 2560
  }
}

run "heap_of_a_quarter_refused" {
  command = plan

  variables {
    heap   = 2048
    memory = 2500
  }

  expect_failures = [var.heap]
}

run "threads_accepted" {
  command = plan

  variables {
    threads = 4
  }
}

run "threads_refused" {
  command = plan

  variables {
    threads = 0
  }

  expect_failures = [var.threads]
}

run "processing_guarantee_accepted" {
  command = plan

  variables {
    processing_guarantee = "at_least_once"
  }
}

run "processing_guarantee_refused" {
  command = plan

  variables {
    processing_guarantee = "exactly_once"
  }

  expect_failures = [var.processing_guarantee]
}

run "config_keys_accepted" {
  command = plan

  variables {
    config = { "commit.interval.ms" = "100" }
  }
}

run "config_keys_refused" {
  command = plan

  variables {
    config = { "commit interval" = "100" }
  }

  expect_failures = [var.config]
}

run "config_of_other_variables_accepted" {
  command = plan

  variables {
    config = { "num.standby.replicas" = "1" }
  }
}

run "config_of_other_variables_refused" {
  command = plan

  variables {
    config = { "application.id" = "x" }
  }

  expect_failures = [var.config]
}

run "env_accepted" {
  command = plan

  variables {
    env = { LOG = "info" }
  }
}

run "env_refused" {
  command = plan

  variables {
    env = { STREAMS_X = "1" }
  }

  expect_failures = [var.env]
}

run "constraints_accepted" {
  command = plan

  variables {
    constraints = [["hostname", "UNIQUE"], ["rack", "MAX_PER", "2"]]
  }
}

run "constraints_refused" {
  command = plan

  variables {
    constraints = [["hostname", "unique"]]
  }

  expect_failures = [var.constraints]
}

run "health_check_accepted" {
  command = plan

  variables {
    health_check = { protocol = "COMMAND", command = "true" }
  }
}

run "health_check_refused" {
  command = plan

  variables {
    health_check = { protocol = "COMMAND" }
  }

  expect_failures = [var.health_check]
}

run "no_health_check_accepted" {
  command = plan

  variables {
    health_check = null
  }
}

run "no_health_check_refused" {
  command = plan

  variables {
    health_check = { protocol = "COMMAND", path = "/live" }
  }

  expect_failures = [var.health_check]
}

run "readiness_path_accepted" {
  command = plan

  variables {
    readiness_path = "/ready"
  }
}

run "readiness_path_refused" {
  command = plan

  variables {
    readiness_path = "ready"
  }

  expect_failures = [var.readiness_path]
}

run "kill_grace_period_accepted" {
  command = plan

  variables {
    kill_grace_period = 1
  }
}

run "kill_grace_period_refused" {
  command = plan

  variables {
    kill_grace_period = 0
  }

  expect_failures = [var.kill_grace_period]
}

run "upgrade_accepted" {
  command = plan

  variables {
    upgrade = { minimum_health_capacity = 0.5 }
  }
}

run "upgrade_refused" {
  command = plan

  variables {
    upgrade = { minimum_health_capacity = 80 }
  }

  expect_failures = [var.upgrade]
}

run "input_partitions_accepted" {
  command = plan

  variables {
    input_partitions = 10
  }
}

run "input_partitions_refused" {
  command = plan

  variables {
    input_partitions = 0
  }

  expect_failures = [var.input_partitions]
}

run "principal_accepted" {
  command = plan

  variables {
    principal = "User:wordcount"
  }
}

run "principal_refused" {
  command = plan

  variables {
    principal = "wordcount"
  }

  expect_failures = [var.principal]
}
