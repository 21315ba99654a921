# The real provider, with nothing that could be reached: the plan comes out and knows the connection URL.
provider "kafka" {
  marathon = { url = "http://127.0.0.1:1" }
}

variables {
  name = "main"
}

run "bootstrap_servers_are_known" {
  command = plan

  variables {
    topics = { lines = { partitions = 10 } }
  }

  assert {
    condition     = output.bootstrap_servers == "kafka-main.marathon.l4lb.thisdcos.directory:9092"
    error_message = "The static connection URL is known before the cluster exists."
  }

  assert {
    condition     = output.id == "/kafka/main"
    error_message = "So is the id."
  }
}
