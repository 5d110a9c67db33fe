/// Fields in one place that all copies of a value share: copying it takes one reference, however many fields there are.
/// Setting one makes another place.
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
