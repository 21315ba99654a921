# What the stack consists of, by default and with other numbers.
mock_provider "kafka" {}

variables {
  application_image = "example/wordcount:1"
}

run "defaults" {
  command = plan


  assert {
    condition     = output.input_topic == "lines" && output.output_topic == "counts"
    error_message = "Lines in, counts out."
  }

  assert {
    condition     = output.application.application_id == "wordcount"
    error_message = "The application is the word count."
  }
}

run "every_number_is_a_variable" {
  command = plan

  variables {
    brokers            = 4
    replication_factor = 2
    input_partitions   = 20
    output_partitions  = 4
    instances          = 8
    threads            = 2
    instance_memory    = 768
    instance_heap      = 512
    application_id     = "totals"
    principal          = null
  }

  assert {
    condition     = output.application.application_id == "totals" && length(output.application.acls) == 0
    error_message = "No principal, no ACLs."
  }
}
