# By the id of the app in Marathon:
terraform import kafka_streams_application.wordcount /streams/wordcount

# Or by the application id, which is looked up among the apps below /streams:
terraform import kafka_streams_application.wordcount wordcount
