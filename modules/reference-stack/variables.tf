variable "cluster_name" {
  description = "Name of the Kafka cluster."
  type        = string
  default     = "main"
  nullable    = false
}

variable "kafka_version" {
  description = "Version of Apache Kafka."
  type        = string
  default     = "4.3.1"
  nullable    = false
}

variable "kafka_image" {
  description = "Container image of the brokers. Default: `apache/kafka:<kafka_version>`."
  type        = string
  default     = null
}

variable "kafka_runtime" {
  description = "What runs the brokers' image: `docker` or `mesos`."
  type        = string
  default     = "docker"
  nullable    = false
}

variable "brokers" {
  description = "Number of brokers."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.brokers >= 1 && floor(var.brokers) == var.brokers
    error_message = "brokers must be a whole number, 1 or more."
  }

  validation {
    condition     = var.processing_guarantee != "exactly_once_v2" || var.brokers >= 3
    error_message = "exactly_once_v2 wants three brokers for the replicas of its transaction log; use at_least_once with fewer."
  }
}

variable "broker_cpus" {
  description = "CPUs of each broker."
  type        = number
  default     = 0.5
  nullable    = false
}

variable "broker_memory" {
  description = "Memory of each broker in MiB."
  type        = number
  default     = 1024
  nullable    = false
}

variable "broker_heap" {
  description = "Heap of each broker in MiB. Default: chosen by the provider from the memory."
  type        = number
  default     = null
}

variable "broker_storage" {
  description = "Persistent volume of each broker (`type`, `size` in MiB). Default: none, data is gone with the task."
  type = object({
    type = optional(string, "root")
    size = number
  })
  default = null
}

variable "broker_placement" {
  description = "Where brokers may run: `hosts`, `constraints`, `rack`."
  type = object({
    hosts       = optional(list(string))
    constraints = optional(list(list(string)))
    rack = optional(object({
      attribute = string
      values    = list(string)
    }))
  })
  default = null
}

variable "broker_config" {
  description = "Broker properties on top of the provider's defaults."
  type        = map(string)
  default     = null
}

variable "client_port" {
  description = "Port of the brokers for clients."
  type        = number
  default     = 9092
  nullable    = false
}

variable "controller_port" {
  description = "Port of the controllers."
  type        = number
  default     = 9093
  nullable    = false
}

variable "service_discovery" {
  description = "How clients find brokers: `vip` (DC/OS), `mesos-dns` or `hosts`."
  type        = string
  default     = "vip"
  nullable    = false
}

variable "super_users" {
  description = "Principals that Kafka refuses nothing. On plaintext listeners everybody, brokers included, is `User:ANONYMOUS`."
  type        = set(string)
  default     = ["User:ANONYMOUS"]
  nullable    = false

  validation {
    condition     = length(var.super_users) > 0
    error_message = "super_users must name at least one principal, or the brokers refuse each other. On plaintext listeners that is User:ANONYMOUS."
  }
}

variable "replication_factor" {
  description = "Replicas of the topics. Default: 3, or the number of brokers where there are fewer."
  type        = number
  default     = null

  validation {
    condition     = var.replication_factor == null || try(var.replication_factor >= 1 && var.replication_factor <= var.brokers, false)
    error_message = "replication_factor must be from 1 to the number of brokers."
  }
}

variable "input_topic" {
  description = "Topic that the application reads."
  type        = string
  default     = "lines"
  nullable    = false
}

variable "input_partitions" {
  description = "Partitions of the input: the most stream threads that can share the reading."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.input_partitions >= 1 && floor(var.input_partitions) == var.input_partitions
    error_message = "input_partitions must be a whole number, 1 or more."
  }
}

variable "output_topic" {
  description = "Topic that the application writes."
  type        = string
  default     = "counts"
  nullable    = false

  validation {
    condition     = var.output_topic != var.input_topic
    error_message = "output_topic and input_topic must differ, or the application reads what it writes."
  }
}

variable "output_partitions" {
  description = "Partitions of the output."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.output_partitions >= 1 && floor(var.output_partitions) == var.output_partitions
    error_message = "output_partitions must be a whole number, 1 or more."
  }
}

variable "application_id" {
  description = "Kafka Streams' `application.id`."
  type        = string
  default     = "wordcount"
  nullable    = false
}

variable "application_image" {
  description = "Container image of the application. Either this or `application_artifacts`."
  type        = string
  default     = null
}

variable "application_artifacts" {
  description = "Files of the application, fetched into each instance's sandbox."
  type = list(object({
    uri        = string
    extract    = optional(bool, true)
    executable = optional(bool, false)
    dest_path  = optional(string)
  }))
  default = null
}

variable "application_command" {
  description = "Command line of the application."
  type        = string
  default     = null
}

variable "application_runtime" {
  description = "What runs the instances: `docker` or `mesos`. Default: `docker` with an image, `mesos` with artifacts."
  type        = string
  default     = null
}

variable "instances" {
  description = "Number of instances of the application."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.instances >= 0 && floor(var.instances) == var.instances
    error_message = "instances must be a whole number, 0 or more."
  }
}

variable "instance_cpus" {
  description = "CPUs of each instance."
  type        = number
  default     = 0.2
  nullable    = false
}

variable "instance_memory" {
  description = "Memory of each instance in MiB."
  type        = number
  default     = 256
  nullable    = false
}

variable "instance_heap" {
  description = "Heap of each instance in MiB, where it is a JVM. Default: the JVM's own."
  type        = number
  default     = null
}

variable "threads" {
  description = "Stream threads of each instance. Default: Kafka Streams' own, 1."
  type        = number
  default     = null
}

variable "processing_guarantee" {
  description = "`at_least_once` or `exactly_once_v2`."
  type        = string
  default     = "exactly_once_v2"
  nullable    = false
}

variable "application_config" {
  description = "Configuration of Kafka Streams in Kafka's spelling. A short `consumer.session.timeout.ms` (6000 at the least, by the brokers' default) lets the group notice a dead instance soon."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "application_env" {
  description = "Further environment variables of the application."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "application_constraints" {
  description = "Marathon's placement constraints for the instances. Default: at most two on an agent."
  type        = list(list(string))
  default     = [["hostname", "MAX_PER", "2"]]
  nullable    = false
}

variable "health_check" {
  description = "How Marathon learns that an instance lives; `null` = not at all. Default: `/live` on the instance's port."
  type = object({
    protocol                 = optional(string)
    path                     = optional(string)
    command                  = optional(string)
    grace_period             = optional(number)
    interval                 = optional(number)
    timeout                  = optional(number)
    max_consecutive_failures = optional(number)
  })
  default = {}
}

variable "readiness_path" {
  description = "HTTP path that answers 200 once an instance works. Default: none."
  type        = string
  default     = null
}

variable "kill_grace_period" {
  description = "Seconds between SIGTERM and SIGKILL for an instance."
  type        = number
  default     = 60
  nullable    = false
}

variable "principal" {
  description = "Principal of the application, for which ACLs are made; `null` = no ACLs. Default: `User:wordcount`."
  type        = string
  default     = "User:wordcount"
}
