variable "worker_uri" {
  description = "Where the agents fetch the worker from: a URI of the executable that `go build ./examples/apps/wordcount-go` makes, or of the jar of examples/apps/wordcount."
  type        = string
  default     = "file:///usr/local/bin/wordcount-go"
  nullable    = false

  validation {
    condition     = can(regex("^(https?|ftp|file|hdfs|s3)://.+[^/]$", var.worker_uri))
    error_message = "worker_uri must be the URI of a file, such as https://example.com/wordcount-go."
  }
}

variable "kafka_version" {
  description = "Version of Apache Kafka that the brokers run."
  type        = string
  default     = "4.3.1"
  nullable    = false
}

variable "brokers" {
  description = "Number of brokers."
  type        = number
  default     = 3
  nullable    = false
}

variable "instances" {
  description = "Number of instances of the word count."
  type        = number
  default     = 5
  nullable    = false
}

variable "session_timeout_ms" {
  description = "How long the consumer group waits for an instance that has died, in milliseconds."
  type        = number
  default     = 6000
  nullable    = false

  validation {
    condition     = var.session_timeout_ms >= 6000 && var.session_timeout_ms <= 1800000
    error_message = "session_timeout_ms must be within the brokers' default bounds, 6000 to 1800000."
  }
}
