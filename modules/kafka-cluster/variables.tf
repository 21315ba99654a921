variable "name" {
  description = "Name of the cluster: one DNS label, part of the brokers' host names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.name))
    error_message = "name must be 1 to 63 lower-case letters, digits or '-', starting with a letter and not ending in '-'."
  }
}

variable "group" {
  description = "Marathon group of the broker apps. Default: `/kafka/<name>`."
  type        = string
  default     = null

  validation {
    condition     = var.group == null || can(regex("^(/[a-z0-9]([a-z0-9.-]*[a-z0-9])?)+$", var.group))
    error_message = "group must be an absolute Marathon path such as /kafka/main."
  }
}

variable "kafka_version" {
  description = "Version of Apache Kafka, 3.9 or newer."
  type        = string
  default     = "4.3.1"
  nullable    = false

  validation {
    condition     = can(regex("^(3\\.(9|[1-9][0-9])|[4-9]|[1-9][0-9])(\\.[0-9]+)*$", var.kafka_version))
    error_message = "kafka_version must be 3.9.0 or newer: clusters are made with a dynamic KRaft quorum, which older versions do not know."
  }
}

variable "image" {
  description = "Container image of the brokers. Default: `apache/kafka:<kafka_version>`."
  type        = string
  default     = null
}

variable "runtime" {
  description = "What runs the image: `docker` or `mesos`."
  type        = string
  default     = "docker"
  nullable    = false

  validation {
    condition     = contains(["docker", "mesos"], var.runtime)
    error_message = "runtime must be docker or mesos."
  }
}

variable "brokers" {
  description = "Number of brokers; the first three are controllers as well."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.brokers >= 1 && floor(var.brokers) == var.brokers
    error_message = "brokers must be a whole number, 1 or more."
  }
}

variable "cpus" {
  description = "CPUs of each broker."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.cpus > 0
    error_message = "cpus must be above 0."
  }
}

variable "memory" {
  description = "Memory of each broker in MiB; it holds the heap, the rest of the JVM, and the page cache."
  type        = number
  default     = 2048
  nullable    = false

  validation {
    condition     = var.memory > 0
    error_message = "memory must be above 0 (MiB)."
  }
}

variable "heap" {
  description = "Heap of each broker in MiB. Default: chosen by the provider from `memory`."
  type        = number
  default     = null

  validation {
    condition     = var.heap == null || try(var.heap < var.memory, false)
    error_message = "heap must be smaller than memory: the JVM needs room beside its heap."
  }
}

variable "storage" {
  description = "Persistent volume of each broker: `type` (root, path or mount) and `size` in MiB. Without it brokers keep their data on the task's own disk, which is gone with the task."
  type = object({
    type = optional(string, "root")
    size = number
  })
  default = null

  validation {
    condition     = var.storage == null || contains(["root", "path", "mount"], try(var.storage.type, "root"))
    error_message = "storage.type must be root, path or mount."
  }

  validation {
    condition     = var.storage == null || try(var.storage.size > 0, false)
    error_message = "storage.size must be above 0 (MiB)."
  }
}

variable "authorization" {
  description = "Kafka's StandardAuthorizer; without it brokers refuse every ACL. On plaintext listeners every client is `User:ANONYMOUS`, which is therefore the default super user."
  type = object({
    super_users              = optional(set(string))
    allow_everyone_if_no_acl = optional(bool)
  })
  default = null

  validation {
    condition     = var.authorization == null || alltrue([for u in try(coalesce(var.authorization.super_users, []), []) : can(regex("^[A-Za-z]+:.+$", u))])
    error_message = "Each of authorization.super_users must be a principal such as User:admin."
  }
}

variable "client_port" {
  description = "Port for clients, the same on every broker."
  type        = number
  default     = 9092
  nullable    = false

  validation {
    condition     = var.client_port >= 1 && var.client_port <= 65535
    error_message = "client_port must be a port number, 1 to 65535."
  }
}

variable "controller_port" {
  description = "Port of the controllers."
  type        = number
  default     = 9093
  nullable    = false

  validation {
    condition     = var.controller_port >= 1 && var.controller_port <= 65535
    error_message = "controller_port must be a port number, 1 to 65535."
  }

  validation {
    condition     = var.controller_port != var.client_port
    error_message = "controller_port and client_port must differ."
  }
}

variable "placement" {
  description = "Where brokers may run: `hosts` (one for each broker), Marathon `constraints`, and `rack` (an agent attribute and its values)."
  type = object({
    hosts       = optional(list(string))
    constraints = optional(list(list(string)))
    rack = optional(object({
      attribute = string
      values    = list(string)
    }))
  })
  default = null

  validation {
    condition     = try(length(var.placement.hosts), var.brokers) == var.brokers
    error_message = "placement.hosts must name one host for each broker."
  }

  validation {
    condition     = try(length(var.placement.rack.values), 1) > 0
    error_message = "placement.rack.values must not be empty."
  }
}

variable "service_discovery" {
  description = "How clients find brokers: `vip` (DC/OS), `mesos-dns` or `hosts`."
  type        = string
  default     = "vip"
  nullable    = false

  validation {
    condition     = contains(["vip", "mesos-dns", "hosts"], var.service_discovery)
    error_message = "service_discovery must be vip, mesos-dns or hosts."
  }

  validation {
    condition     = var.service_discovery != "hosts" || try(length(var.placement.hosts), 0) > 0
    error_message = "service_discovery = \"hosts\" needs placement.hosts."
  }
}

variable "config" {
  description = "Broker properties on top of the provider's defaults."
  type        = map(string)
  default     = null
}

variable "env" {
  description = "Further environment variables of the brokers."
  type        = map(string)
  default     = null
}

variable "labels" {
  description = "Labels of the broker apps."
  type        = map(string)
  default     = null
}

variable "deletion_protection" {
  description = "Fail the plan of a destroy or replacement. Default: true with `storage`."
  type        = bool
  default     = null
}

variable "timeouts" {
  description = "How long create, update and delete may take, such as `30m`."
  type = object({
    create = optional(string)
    update = optional(string)
    delete = optional(string)
  })
  default = null
}

variable "replication_factor" {
  description = "Replicas of topics that do not name their own. Default: 3, or the number of brokers where there are fewer."
  type        = number
  default     = null

  validation {
    condition     = var.replication_factor == null || try(var.replication_factor >= 1, false)
    error_message = "replication_factor must be 1 or more."
  }

  validation {
    condition     = var.replication_factor == null || try(var.replication_factor <= var.brokers, false)
    error_message = "replication_factor must not exceed the number of brokers."
  }
}

variable "topics" {
  description = "Topics of the cluster, by name. Partition counts can grow, not shrink."
  type = map(object({
    partitions          = number
    replication_factor  = optional(number)
    config              = optional(map(string))
    deletion_protection = optional(bool)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.topics) : can(regex("^[a-zA-Z0-9._-]{1,249}$", name)) && !contains([".", ".."], name)])
    error_message = "Topic names have 1 to 249 letters, digits, '.', '_' and '-'."
  }

  validation {
    condition     = alltrue([for t in values(var.topics) : t.partitions >= 1 && floor(t.partitions) == t.partitions])
    error_message = "A topic has a whole number of partitions, 1 or more."
  }
}
