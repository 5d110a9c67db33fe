import LedgerEvents
import LedgerJSON
import LedgerValues
import OptionTrades

/// Reads an observation from a line of NDJSON.
struct JSONObservation {
    let options: ImportOptions

    /// Reads the observation of a line, or throws the line's fault.
    func read(_ line: [UInt8]) throws(LineFault) -> MarketObservedPayload {
        let root: JSONValue
        do {
            root = try JSONDocument(parsing: line, maximumDepth: 4).root
        } catch {
            throw LineFault("is no JSON object: \(error)")
        }
        guard root.kind == .object else { throw LineFault("is not a JSON object") }
        var draft = ObservationDraft(kind: try kind(of: root), unit: try unit(of: root))
        var next = 0
        for member in root.memberViews {
            if let index = place(of: member, from: next, in: draft.fields) {
                next = index + 1
                if draft.fields[index].type == .rows {
                    draft.set(index, try rows(member.value, in: &draft, named: draft.fields[index].name, line))
                } else if !member.value.isNull {
                    draft.set(index, try value(member.value, of: draft.fields[index], draft.unit, line))
                }
            } else if !member.keyIs("kind"), !member.keyIs("unit") {
                try take(member, in: &draft, line)
            }
        }
        return try draft.observation()
    }

    /// Reads the rows of an observation: a list of objects.
    private func rows(
        _ value: JSONValue, in draft: inout ObservationDraft, named name: String, _ line: [UInt8]
    ) throws(LineFault) -> MarketValue {
        guard value.kind == .array else { throw LineFault("\(name) is not a list of objects") }
        let fields = draft.kind.rowFields
        var rows: [[MarketValue]] = []
        for element in value.elements {
            let place = "\(name)[\(rows.count)]"
            guard element.kind == .object else { throw LineFault("\(place) is not an object") }
            var row = [MarketValue](repeating: .null, count: fields.count)
            for member in element.memberViews {
                guard let index = fields.firstIndex(where: { member.keyIs($0.key) }) else {
                    throw LineFault("\(place) has no field \(quoted(member.key.utf8Span.span))")
                }
                if member.value.isNull { continue }
                do throws(LineFault) {
                    row[index] = try self.value(member.value, of: fields[index], draft.unit, line)
                } catch {
                    throw LineFault("\(place).\(error.reason)")
                }
                if fields[index].isVolatility, draft.unit == .fraction { draft.noteConverted() }
            }
            for (field, value) in zip(fields, row) where field.isRequired {
                if case .null = value { throw LineFault("\(place).\(field.name) is missing") }
            }
            rows.append(row)
        }
        return .rows(MarketRows(rows, of: draft.kind))
    }

    /// The field that a key names. The field after the previous key's is tried first.
    private func place(of member: JSONValue.Member, from next: Int, in fields: [MarketField]) -> Int? {
        if next < fields.count, member.keyIs(fields[next].key) { return next }
        return fields.firstIndex { member.keyIs($0.key) }
    }

    private func value(
        _ value: JSONValue, of field: MarketField, _ unit: VolatilityUnit, _ line: [UInt8]
    ) throws(LineFault) -> MarketValue {
        switch value.kind {
        case .number:
            return try field.value(line.span.extracting(value.sourceRange), isNumber: true, unit: unit)
        case .string:
            let read: Result<MarketValue, LineFault>? = value.withUnescapedUTF8 { bytes in
                do throws(LineFault) {
                    return .success(try field.value(bytes, isNumber: false, unit: unit))
                } catch {
                    return .failure(error)
                }
            }
            guard let read else { throw LineFault("\(field.name) is not Unicode text") }
            return try read.get()
        case .null, .bool, .array, .object:
            throw LineFault(
                "\(field.name) is neither a string nor a number: \(quoted(line.span.extracting(value.sourceRange)))")
        }
    }

    /// Takes a member that is not a field of the kind. Observations written by this program have such members.
    private func take(
        _ member: JSONValue.Member, in draft: inout ObservationDraft, _ line: [UInt8]
    ) throws(LineFault) {
        if member.keyIs("rounded") {
            guard let rounded = member.value.bool else { throw LineFault("rounded is not true or false") }
            draft.isRounded = rounded
        } else if member.keyIs("unit_source") {
            if member.value.isNull { return }
            guard let text = member.value.string, !text.isEmpty, text.utf8.count <= 64, member.value.stringIssue == nil
            else { throw LineFault("unit_source is not 1 to 64 bytes of text") }
            draft.unitSource = text
        } else if member.keyIs("clamped_iv") {
            if !member.value.isNull { draft.setClampedIV(try value(member.value, of: .clampedIV, draft.unit, line)) }
        } else if let name = ObservationDraft.Name.allCases.first(where: { member.key.isBytewiseEqual(to: $0.rawValue) }) {
            if !member.value.isNull { try set(name, to: member.value, in: &draft) }
        } else {
            throw LineFault("\(draft.kind.rawValue) has no field \(quoted(member.key.utf8Span.span))")
        }
    }

    private func set(
        _ name: ObservationDraft.Name, to value: JSONValue, in draft: inout ObservationDraft
    ) throws(LineFault) {
        var values = [value]
        if name == .missingSources {
            guard value.kind == .array else { throw LineFault("missing_sources is not a list") }
            values = value.elements.map { $0 }
        }
        for value in values {
            guard let text = value.string, value.stringIssue == nil else {
                throw LineFault("\(name.rawValue) is not text")
            }
            try draft.set(name, text)
        }
    }

    private func kind(of root: JSONValue) throws(LineFault) -> MarketKind {
        guard let value = root["kind"], !value.isNull else {
            guard let standard = options.kind else { throw LineFault("kind is missing") }
            return try MarketData.kind(named: standard.utf8Span.span)
        }
        guard let text = value.string else { throw LineFault("kind is not a string") }
        return try MarketData.kind(named: text.utf8Span.span)
    }

    private func unit(of root: JSONValue) throws(LineFault) -> VolatilityUnit {
        guard let value = root["unit"], !value.isNull else { return options.unit }
        guard let text = value.string else { throw LineFault("unit is not a string") }
        return try MarketData.unit(named: text.utf8Span.span)
    }
}
