terraform {
  required_version = ">= 1.11.0"

  required_providers {
    kafka = {
      source  = "kafka-mesos/kafka"
      version = ">= 0.1.0"
    }
  }
}
