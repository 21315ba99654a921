# The real provider, with nothing that could be reached: the plan comes out.
provider "kafka" {
  marathon = { url = "http://127.0.0.1:1" }
}

variables {
  application_id = "wordcount"
  cluster        = "/kafka/main"
  image          = "example/wordcount:1"
}

run "plans_with_nothing_reachable" {
  command = plan

  variables {
    input_topics = ["lines"]
    principal    = "User:wordcount"
  }

  assert {
    condition     = output.app_id == "/streams/wordcount"
    error_message = "The id of the app is known."
  }

  assert {
    condition     = kafka_streams_application.this.upgrade.minimum_health_capacity == 0.5
    error_message = "One of two instances at a time."
  }
}
