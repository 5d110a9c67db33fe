/// An attribute of an element: a literal name, and a value that is escaped on writing.
///
/// Attributes that a browser treats as an address can only be made from an ``Address``. There are no attributes for
/// styles and event handlers, because the content security policy allows neither.
package struct Attribute: Sendable {
    let name: StaticString
    /// Nil for boolean attributes.
    let value: String?

    private init(_ name: StaticString, _ value: String?) {
        self.name = name
        self.value = value
    }

    static func `class`(_ names: String) -> Attribute { Attribute("class", names) }
    static func id(_ id: String) -> Attribute { Attribute("id", id) }
    static func title(_ text: String) -> Attribute { Attribute("title", text) }
    static func lang(_ language: String) -> Attribute { Attribute("lang", language) }
    static func role(_ role: String) -> Attribute { Attribute("role", role) }
    static func tabIndex(_ index: Int) -> Attribute { Attribute("tabindex", "\(index)") }
    static let hidden = Attribute("hidden", nil)

    static func label(_ text: String) -> Attribute { Attribute("aria-label", text) }
    static func labelled(by id: String) -> Attribute { Attribute("aria-labelledby", id) }
    static func described(by id: String) -> Attribute { Attribute("aria-describedby", id) }
    static func current(_ value: String) -> Attribute { Attribute("aria-current", value) }
    static func pressed(_ isPressed: Bool) -> Attribute { Attribute("aria-pressed", isPressed ? "true" : "false") }
    static func sorted(_ direction: String) -> Attribute { Attribute("aria-sort", direction) }
    static let popover = Attribute("popover", nil)
    static func live(_ politeness: String) -> Attribute { Attribute("aria-live", politeness) }
    static let ariaHidden = Attribute("aria-hidden", "true")

    static func href(_ address: Address) -> Attribute { Attribute("href", address.text) }
    static func action(_ address: Address) -> Attribute { Attribute("action", address.text) }
    static func source(_ address: Address) -> Attribute { Attribute("src", address.text) }
    /// An empty image, so that the browser does not ask for an icon.
    static let noIcon = Attribute("href", "data:,")
    static func relation(_ relation: String) -> Attribute { Attribute("rel", relation) }

    static func name(_ name: String) -> Attribute { Attribute("name", name) }
    static func content(_ text: String) -> Attribute { Attribute("content", text) }
    static func type(_ type: String) -> Attribute { Attribute("type", type) }
    static func value(_ value: String) -> Attribute { Attribute("value", value) }
    static func method(_ method: String) -> Attribute { Attribute("method", method) }
    static func `for`(_ id: String) -> Attribute { Attribute("for", id) }
    static func form(_ id: String) -> Attribute { Attribute("form", id) }
    static func placeholder(_ text: String) -> Attribute { Attribute("placeholder", text) }
    static func autocomplete(_ value: String) -> Attribute { Attribute("autocomplete", value) }
    static func inputMode(_ mode: String) -> Attribute { Attribute("inputmode", mode) }
    static func pattern(_ pattern: String) -> Attribute { Attribute("pattern", pattern) }
    static func minimum(_ value: String) -> Attribute { Attribute("min", value) }
    static func maximum(_ value: String) -> Attribute { Attribute("max", value) }
    static func rows(_ count: Int) -> Attribute { Attribute("rows", "\(count)") }
    static func spellcheck(_ value: String) -> Attribute { Attribute("spellcheck", value) }
    static func step(_ value: String) -> Attribute { Attribute("step", value) }
    static let required = Attribute("required", nil)
    static let selected = Attribute("selected", nil)
    static let checked = Attribute("checked", nil)
    static let disabled = Attribute("disabled", nil)
    static let open = Attribute("open", nil)
    static let autofocus = Attribute("autofocus", nil)

    static func start(_ number: Int) -> Attribute { Attribute("start", "\(number)") }

    static func scope(_ scope: String) -> Attribute { Attribute("scope", scope) }
    static func columnSpan(_ count: Int) -> Attribute { Attribute("colspan", "\(count)") }
    static func charset(_ charset: String) -> Attribute { Attribute("charset", charset) }
    static func dateTime(_ instant: String) -> Attribute { Attribute("datetime", instant) }

    /// `data-<name>`, for the page's own scripts. `name` includes the prefix.
    static func data(_ name: StaticString, _ value: String) -> Attribute { Attribute(name, value) }

    /// A presentation attribute of SVG, such as `x` or `viewBox`.
    static func svg(_ name: StaticString, _ value: String) -> Attribute { Attribute(name, value) }
}
