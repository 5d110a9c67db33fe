// placeholder of the log's script until its page is there
