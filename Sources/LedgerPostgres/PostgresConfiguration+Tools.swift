extension PostgresConfiguration {
    /// The server's address for a program that comes with Postgres: libpq's keywords without secrets, because arguments
    /// show in the list of processes, and the password as an environment variable.
    package func forTools() throws(PostgresError) -> (keywords: String, environment: [String: String]) {
        var (words, environment): ([String], [String: String]) = ([], [:])
        for parameter in try parsed() {
            if parameter.isSecret {
                if parameter.keyword == "password" { environment["PGPASSWORD"] = parameter.value }
                continue
            }
            let value = parameter.value.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
            words.append("\(parameter.keyword)='\(value)'")
        }
        return (words.joined(separator: " "), environment)
    }

    /// The URI of a database on a server that is reached through a Unix socket.
    package static func socketURI(directory: String, port: Int, database: String, user: String) -> String {
        "postgresql:///\(escaped(database))?host=\(escaped(directory))&port=\(port)&user=\(escaped(user))"
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII, scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-_.".unicodeScalars.contains(scalar) {
                out.unicodeScalars.append(scalar)
            } else {
                out += byte < 16 ? "%0" : "%"
                out += String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }
}
