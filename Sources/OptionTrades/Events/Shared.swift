/// A storage place for fields that all copies of a value share. A copy retains one reference, however many fields there
/// are. Setting a field makes a new place.
@usableFromInline struct Shared<Fields: Sendable>: Sendable {
    @usableFromInline final class Place: Sendable {
        @usableFromInline let fields: Fields

        @usableFromInline init(_ fields: Fields) { self.fields = fields }
    }

    @usableFromInline var place: Place

    @inlinable init(_ fields: Fields) { place = Place(fields) }

    @inlinable var fields: Fields {
        @inline(__always) get { place.fields }
        set { place = Place(newValue) }
    }
}
