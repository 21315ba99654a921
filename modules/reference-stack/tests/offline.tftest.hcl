# The real provider, with nothing that could be reached: cluster, topics, ACLs and application plan together.
provider "kafka" {
  marathon = { url = "http://127.0.0.1:1" }
}

variables {
  application_image = "example/wordcount:1"
}

run "plans_with_nothing_reachable" {
  command = plan


  assert {
    condition     = output.bootstrap_servers == "kafka-main.marathon.l4lb.thisdcos.directory:9092"
    error_message = "The static connection URL is known before the cluster exists."
  }

  assert {
    condition     = output.application.app_id == "/streams/wordcount"
    error_message = "So is the id of the application."
  }
}

run "plans_with_names_of_mesos_dns" {
  command = plan

  variables {
    service_discovery = "mesos-dns"
  }

  assert {
    condition     = length(split(",", output.bootstrap_servers)) == 3
    error_message = "The names of the lowest three brokers."
  }
}
