/// The words that runs carry as their starter, beside the names of keys.
package enum RunActor {
    /// Somebody at the command line. The name of the operating system's user stays out of the log.
    package static let commandLine = "cli"
    /// The schedule of a service.
    package static let schedule = "schedule"

    /// No key has one of these as its name.
    package static let reserved = [commandLine, schedule]
}
