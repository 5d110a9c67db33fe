/// A second view in SQL over the rows of a projection, `projection.<name>`: some of its columns under their names, and objects of
/// others.
///
/// It shows what the projection's own view shows, in the form that existing queries expect.
public struct SecondView: Sendable {
    /// Where a column of the view comes from.
    public enum Column: Sendable {
        /// A column of the projection, under its name.
        case column(String)
        /// An object of JSON with columns of the projection as its members.
        case object(String, members: [String])
    }

    /// The name of the view, which no projection has.
    public let name: String
    /// The columns in their order.
    public let columns: [Column]
    /// What the view is for, in a sentence.
    public let about: String

    /// Declares a view.
    ///
    /// - Parameters:
    ///   - name: the name of the view, which no projection has
    ///   - columns: the columns in their order
    ///   - about: what the view is for, in a sentence
    public init(_ name: String, columns: [Column], about: String) {
        self.name = name
        self.columns = columns
        self.about = about
    }
}
