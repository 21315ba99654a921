resource "kafka_cluster" "main" {
  name = "main"
}

resource "kafka_topic" "lines" {
  cluster            = kafka_cluster.main.id
  name               = "lines"
  partitions         = 10
  replication_factor = 3
}

resource "kafka_topic" "counts" {
  cluster            = kafka_cluster.main.id
  name               = "counts"
  partitions         = 10
  replication_factor = 3
}

# Five instances of a Java program that is fetched as a jar.
resource "kafka_streams_application" "wordcount" {
  cluster        = kafka_cluster.main.id
  application_id = "wordcount"

  artifacts = [{ uri = "https://example.com/wordcount.jar" }]
  command   = "exec java -jar wordcount.jar"

  instances = 5
  cpus      = 0.5
  memory    = 768
  heap      = 384

  processing_guarantee = "exactly_once_v2"
  config = {
    "commit.interval.ms" = "100" # STREAMS_COMMIT_INTERVAL_MS
  }

  input_topics  = [kafka_topic.lines.name]
  output_topics = [kafka_topic.counts.name]

  constraints = [["hostname", "MAX_PER", "2"]]
  health_check = {
    path         = "/live"
    grace_period = 300
  }
}
