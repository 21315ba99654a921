variable "application_id" {
  description = "Kafka Streams' `application.id`: consumer group, and prefix of internal topics and transactional ids."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9._-]{1,200}$", var.application_id))
    error_message = "application_id must be 1 to 200 letters, digits, '.', '_' and '-'."
  }

  validation {
    condition     = var.app_id != null || can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", var.application_id))
    error_message = "An application_id with upper case or '_' cannot be part of an app's id in Marathon: set app_id."
  }
}

variable "cluster" {
  description = "Id of the `kafka_cluster` that the application works on."
  type        = string
  default     = null
}

variable "bootstrap_servers" {
  description = "`host:port` of brokers, for a cluster that is not managed by Terraform. Not together with `cluster`."
  type        = list(string)
  default     = null

  validation {
    condition     = var.bootstrap_servers == null || var.cluster == null
    error_message = "cluster and bootstrap_servers exclude each other."
  }
}

variable "app_id" {
  description = "Id of the app in Marathon. Default: `/streams/<application_id>`."
  type        = string
  default     = null

  validation {
    condition     = var.app_id == null || can(regex("^(/[a-z0-9]([a-z0-9.-]*[a-z0-9])?)+$", var.app_id))
    error_message = "app_id must be an absolute Marathon path such as /streams/wordcount."
  }
}

variable "image" {
  description = "Container image to run. Either this or `artifacts`."
  type        = string
  default     = null
}

variable "artifacts" {
  description = "Files to fetch instead of an image."
  type = list(object({
    uri        = string
    extract    = optional(bool, true)
    executable = optional(bool, false)
    dest_path  = optional(string)
  }))
  default = null

  validation {
    condition     = (var.image == null) != (var.artifacts == null)
    error_message = "Exactly one of image and artifacts must say what to run."
  }
}

variable "runtime" {
  description = "What runs the instances: `docker` or `mesos`. Default: `docker` with an `image`, `mesos` with `artifacts`."
  type        = string
  default     = null

  validation {
    condition     = var.runtime == null || contains(["docker", "mesos"], coalesce(var.runtime, "docker"))
    error_message = "runtime must be docker or mesos."
  }

  validation {
    condition     = var.runtime != "docker" || var.artifacts == null
    error_message = "artifacts run with the mesos runtime; docker needs an image."
  }
}

variable "command" {
  description = "Command line, for example `exec java -jar app.jar`. Begin it with `exec`, so that SIGTERM reaches the program. Default: the image's entry point."
  type        = string
  default     = null

  validation {
    condition     = var.artifacts == null || var.command != null
    error_message = "artifacts need a command that starts them."
  }
}

variable "instances" {
  description = "Number of instances; 0 pauses the application."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.instances >= 0 && floor(var.instances) == var.instances
    error_message = "instances must be a whole number, 0 or more."
  }
}

variable "cpus" {
  description = "CPUs of each instance."
  type        = number
  default     = 0.5
  nullable    = false

  validation {
    condition     = var.cpus > 0
    error_message = "cpus must be above 0."
  }
}

variable "memory" {
  description = "Memory of each instance in MiB."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory > 0
    error_message = "memory must be above 0 (MiB)."
  }
}

variable "heap" {
  description = "Heap of the JVM in MiB. Default: the JVM's own."
  type        = number
  default     = null

  validation {
    condition     = var.heap == null || try(var.heap + max(128, floor(var.heap / 4)) <= var.memory, false)
    error_message = "heap must leave 128 MiB, or a quarter of itself if that is more, of memory to the rest of the JVM."
  }
}

variable "threads" {
  description = "Stream threads of each instance. Default: Kafka Streams' own, 1."
  type        = number
  default     = null

  validation {
    condition     = var.threads == null || try(var.threads >= 1 && floor(var.threads) == var.threads, false)
    error_message = "threads must be a whole number, 1 or more."
  }
}

variable "processing_guarantee" {
  description = "`at_least_once` or `exactly_once_v2`."
  type        = string
  default     = "exactly_once_v2"
  nullable    = false

  validation {
    condition     = contains(["at_least_once", "exactly_once_v2"], var.processing_guarantee)
    error_message = "processing_guarantee must be at_least_once or exactly_once_v2."
  }
}

variable "config" {
  description = "Configuration of Kafka Streams in Kafka's spelling; each entry reaches the program as `STREAMS_<KEY>`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for k in keys(var.config) : can(regex("^[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*$", k))])
    error_message = "Keys of config are Kafka's, such as commit.interval.ms: letters and digits, in parts separated by single '.', '-' or '_'."
  }

  validation {
    condition     = length(setintersection(keys(var.config), ["application.id", "bootstrap.servers", "num.stream.threads", "processing.guarantee"])) == 0
    error_message = "application.id, bootstrap.servers, num.stream.threads and processing.guarantee have variables of their own."
  }
}

variable "env" {
  description = "Further environment variables. No place for secrets."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for k in keys(var.env) : !startswith(k, "STREAMS_")])
    error_message = "Variables that begin with STREAMS_ are written from config."
  }
}

variable "labels" {
  description = "Labels of the app."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "constraints" {
  description = "Marathon's placement constraints."
  type        = list(list(string))
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for c in var.constraints : contains(["UNIQUE", "CLUSTER", "GROUP_BY", "LIKE", "UNLIKE", "MAX_PER", "IS"], try(c[1], ""))])
    error_message = "A constraint is [field, OPERATOR] or [field, OPERATOR, value] with the operator in upper case: UNIQUE, CLUSTER, GROUP_BY, LIKE, UNLIKE, MAX_PER or IS."
  }
}

variable "health_check" {
  description = "How Marathon learns that an instance lives. `null` = not at all."
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

  validation {
    condition     = try(var.health_check.protocol, null) != "COMMAND" || try(var.health_check.command, null) != null
    error_message = "A health check with the protocol COMMAND needs a command."
  }
}

variable "readiness_path" {
  description = "HTTP path that answers 200 once an instance works; Marathon waits for it during deployments. Default: none."
  type        = string
  default     = null

  validation {
    condition     = var.readiness_path == null || startswith(coalesce(var.readiness_path, "/"), "/")
    error_message = "readiness_path must begin with '/'."
  }
}

variable "kill_grace_period" {
  description = "Seconds between SIGTERM and SIGKILL."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.kill_grace_period >= 1
    error_message = "kill_grace_period must be 1 second or more."
  }
}

variable "upgrade" {
  description = "How instances are replaced. Default: one at a time."
  type = object({
    minimum_health_capacity = number
    maximum_over_capacity   = optional(number, 0)
  })
  default = null

  validation {
    condition     = var.upgrade == null || alltrue([for share in try([var.upgrade.minimum_health_capacity, var.upgrade.maximum_over_capacity], [0]) : share >= 0 && share <= 1])
    error_message = "Both members of upgrade are shares of the instances, 0 to 1."
  }
}

variable "input_topics" {
  description = "Topics that the application reads. They must exist before it."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "output_topics" {
  description = "Topics that the application writes. They must exist before it."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "input_partitions" {
  description = "Partitions of the widest input, where they are known: a warning tells of threads that would idle. Default: not compared."
  type        = number
  default     = null

  validation {
    condition     = var.input_partitions == null || try(var.input_partitions >= 1, false)
    error_message = "input_partitions must be 1 or more."
  }
}

variable "principal" {
  description = "Principal of the application, such as `User:wordcount`, which gets the rights that it needs. Default: none, and no ACL is made."
  type        = string
  default     = null

  validation {
    condition     = var.principal == null || can(regex("^[A-Za-z]+:.+$", var.principal))
    error_message = "principal must be a type and a name, such as User:wordcount."
  }
}

variable "internal_topics" {
  description = "Whether the application has changelogs or repartition topics: its principal then gets all rights on topics that begin with its id and a dash."
  type        = bool
  default     = true
  nullable    = false
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
