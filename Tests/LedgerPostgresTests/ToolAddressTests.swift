import LedgerPostgres
import Testing

@Suite struct ToolAddressTests {
    @Test func `a program's arguments have no password, and odd characters stay what they are`() throws {
        let uri = "postgresql://some%20one:se%27cret@example.test:5433/led%27ger?sslmode=require"
        let (keywords, environment) = try PostgresConfiguration(uri: uri).forTools()
        #expect(environment == ["PGPASSWORD": "se'cret"])
        #expect(keywords.contains("user='some one'") && keywords.contains(#"dbname='led\'ger'"#) && keywords.contains("port='5433'"))
        #expect(!keywords.contains("cret"))
        // What is written is what libpq reads again.
        let again = try PostgresConfiguration(uri: keywords).parameters()
        #expect(again == (try PostgresConfiguration(uri: uri).parameters()))
    }

    @Test func `a socket's URI names directory, database and user whatever they hold`() throws {
        let uri = PostgresConfiguration.socketURI(directory: "/tmp/a b/ü", port: 5432, database: "led/ger?", user: "o&p")
        let parameters = try PostgresConfiguration(uri: uri).parameters()
        #expect(parameters["host"] == "/tmp/a b/ü" && parameters["dbname"] == "led/ger?" && parameters["user"] == "o&p")
    }
}
