import LedgerJSON

extension Explanation {
    /// `{view, key, field, value, inputs, rules, steps, notes, mismatch, mismatches, ledger}`.
    ///
    /// A result is JSON as the view shows it. An exact number that ten fractional digits can't hold is its fraction as
    /// text.
    ///
    /// - Parameter ledger: the state of the ledger behind the row, as JSON; left out if nil.
    public func json(ledger: [UInt8]? = nil) -> [UInt8] {
        var out = JSONWriter(keyOrder: .given)
        out.beginObject()
        write(to: &out)
        if let ledger {
            out.key("ledger"); out.raw(ledger)
        }
        out.endObject()
        return out.bytes
    }

    private func write(to out: inout JSONWriter) {
        out.key("view"); out.string(view)
        out.key("key")
        out.beginArray()
        for part in key { out.string(part) }
        out.endArray()
        out.key("field"); out.string(field)
        out.key("value"); out.shown(value)
        out.key("inputs")
        out.beginArray()
        for input in inputs { input.write(to: &out) }
        out.endArray()
        out.key("rules")
        out.beginArray()
        for rule in rules { rule.write(to: &out) }
        out.endArray()
        out.key("steps")
        out.beginArray()
        for step in steps {
            out.beginObject()
            out.key("text"); out.string(step.text)
            out.key("formula"); out.string(step.formula)
            out.key("result"); out.shown(step.result)
            out.endObject()
        }
        out.endArray()
        out.key("notes")
        out.beginArray()
        for note in notes { out.string(note) }
        out.endArray()
        out.key("mismatch"); out.bool(!mismatches.isEmpty)
        out.key("mismatches")
        out.beginArray()
        for mismatch in mismatches {
            out.beginObject()
            out.key("field"); out.string(mismatch.field)
            out.key("published"); out.shown(mismatch.published)
            out.key("computed"); out.shown(mismatch.computed)
            out.endObject()
        }
        out.endArray()
    }
}

extension Explanation.Input {
    fileprivate func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("name"); out.string(name)
        out.key("value"); out.shown(value)
        out.key("position"); out.integer(source?.position)
        out.key("event_id"); out.uniqueID(source?.eventID)
        out.key("type"); out.string(source?.type)
        out.key("recorded_at"); out.instant(source?.recordedAt)
        out.key("effective_at"); out.instant(source?.effectiveAt)
        out.endObject()
    }
}

extension Explanation.Rule {
    fileprivate func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("file"); out.string(file)
        out.key("version"); out.integer(version)
        out.key("line"); out.integer(line)
        out.key("key"); out.string(key)
        out.key("text"); out.string(text)
        out.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func shown(_ value: Shown) { raw(Array(value.json.utf8)) }
}
