import Console
import LedgerValues
import Synchronization

/// The console's extension of the access policy. A session's cookie permits reading, like the read key. The forms of an
/// administrator's session act like the admin key, and those of a trader's like the trade key, unless they could have come from
/// another site. A visitor without a session is redirected to the sign-in page.
final class ConsoleGate: Sendable {
    static let cookie = "alpha_ledger_session"
    /// The time for which a browser keeps preferences and visits.
    static let rememberingTime: Duration = .seconds(365 * 24 * 3600)

    let sessions = ConsoleSessions()
    /// The first event's `recorded_at`, which never changes after it exists.
    let firstRecordedAt = Mutex<String?>(nil)
    /// The ticks of the log up to a head. They change only with the head.
    let ticks = Mutex<(head: Int64, ticks: [TimeFrame.Tick])?>(nil)
    /// Documents of the reference by their names, once their figures were asked for. They come with the program.
    let documents = Mutex<[String: ReferenceDocument]>([:])
    /// The places that figures lead to, by document and section.
    let places = Mutex<[String: FigureReferences.Place]>([:])
    /// The clock of New York, once a reader has asked for it.
    let newYork = Mutex<WallClock?>(nil)

    /// The outcome of a request before its route sees it.
    enum Admission {
        case admitted(AccessPolicy.Caller)
        case redirected(APIResponse)
    }

    /// Admits a request, or throws the reason for its refusal. A page that needs a key redirects to the sign-in page.
    func admit(_ request: APIRequest, _ access: AccessPolicy) throws(Problem) -> Admission {
        let isGet = request.method == "GET" || request.method == "HEAD"
        let session = session(of: request)
        if request.path == "/sign-in" || request.path.hasPrefix("/assets/") || Self.isForm(request) {
            try access.checkPeer(request)
            return .admitted(
                session.map { $0.mayAct(at: .now) ? .administrator : $0.mayTrade(at: .now) ? .trader : .reader } ?? .open)
        }
        if isGet, request.headers["authorization"] == nil, session != nil {
            try access.checkPeer(request)
            return .admitted(.reader)
        }
        do {
            return .admitted(try access.check(request))
        } catch {
            guard isGet, error.code == .unauthorized, request.headers["authorization"] == nil,
                Self.isPage(request.path) || ContentNegotiation.prefersPage(request) && !Self.isForPrograms(request.path)
            else { throw error }
            let asked = request.path + (request.query.map { "?" + $0 } ?? "")
            return .redirected(.redirect(to: Address(["sign-in"], asked == "/" ? [] : [("next", asked)])))
        }
    }

    /// Whether an address is part of the interface for programs.
    static func isForPrograms(_ path: String) -> Bool {
        path.hasPrefix("/api/") || path.hasPrefix("/tlog/")
            || ["/healthz", "/readyz", "/metrics", "/openapi.yaml"].contains(path)
    }

    /// Whether an address is that of a page.
    static func isPage(_ path: String) -> Bool {
        let segments = Route.segments(of: path)
        return Route.console.contains { $0.isPage && $0.captures(segments) != nil }
    }

    /// Whether the request sends a form of the console. Its route checks the session, the form's token and the origin
    /// with `actor`.
    private static func isForm(_ request: APIRequest) -> Bool {
        request.method == "POST"
            && (["/sign-in", "/sign-out", "/preferences", "/trades/sync"].contains(request.path) || request.path.hasPrefix("/projections/")
                || request.path.hasPrefix("/broker/") || request.path.hasPrefix("/operations/backfill/"))
    }

    func token(of request: APIRequest) -> String? { Self.cookie(Self.cookie, of: request) }

    /// The value of a cookie. Nil if the browser did not send it.
    static func cookie(_ name: String, of request: APIRequest) -> String? {
        for header in request.headers["cookie"] ?? [] {
            for pair in header.split(separator: ";") {
                let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2, parts[0] == name { return String(parts[1]) }
            }
        }
        return nil
    }

    func session(of request: APIRequest) -> ConsoleSessions.Session? { token(of: request).flatMap { sessions.session($0) } }

    /// Throws if a form was not sent from a page of this service.
    ///
    /// Browsers name the origin of every POST. Programs that do not can use the HTTP interface.
    static func checkOrigin(_ request: APIRequest) throws(Problem) {
        guard let host = request.headers["host"]?.first, request.headers["host"]?.count == 1,
            let origin = request.headers["origin"], origin.count == 1,
            origin[0] == "http://\(host)" || origin[0] == "https://\(host)",
            request.headers["sec-fetch-site"].map({ $0 == ["same-origin"] || $0 == ["none"] }) ?? true
        else { throw Problem(.forbidden, "the form was sent from another site") }
    }

    /// The session's token. Throws unless the form belongs to an administrator's session and was sent from a page of
    /// this service.
    func actor(_ request: APIRequest, _ form: Parameters) throws(Problem) -> String {
        let (token, session) = try formSession(request, form)
        guard session.mayAct(at: .now) else {
            throw Problem(.forbidden, "the session reads only; sign in as administrator")
        }
        return token
    }

    /// The session's token. Throws unless the form belongs to a trader's session and was sent from a page of this service.
    func trader(_ request: APIRequest, _ form: Parameters) throws(Problem) -> String {
        let (token, session) = try formSession(request, form)
        guard session.mayTrade(at: .now) else {
            throw Problem(.forbidden, "the session does not trade; sign in with the trade key")
        }
        return token
    }

    private func formSession(
        _ request: APIRequest, _ form: Parameters
    ) throws(Problem) -> (token: String, session: ConsoleSessions.Session) {
        try Self.checkOrigin(request)
        guard let token = token(of: request), let session = sessions.session(token) else {
            throw Problem(.unauthorized, "the session has ended; sign in again")
        }
        guard let given = form["form_token"], AccessPolicy.areEqual(session.formToken, given) else {
            throw Problem(.forbidden, "the form is not one of this session")
        }
        return (token, session)
    }

    /// Throws unless a form was sent from a page of this service by somebody who may read. A session sends its token back; a
    /// visitor without one may read if reading needs no key.
    func checkReader(_ request: APIRequest, _ form: Parameters, _ access: AccessPolicy) throws(Problem) {
        try Self.checkOrigin(request)
        guard let session = session(of: request) else {
            var asked = request
            asked.method = "GET"
            _ = try access.check(asked)
            return
        }
        guard let given = form["form_token"], AccessPolicy.areEqual(session.formToken, given) else {
            throw Problem(.forbidden, "the form is not one of this session")
        }
    }

    /// The `Set-Cookie` header of a session. A nil token removes the cookie.
    static func setCookie(_ token: String?, _ request: APIRequest) -> (name: String, value: String) {
        setCookie(cookie, token ?? "", for: token == nil ? .zero : ConsoleSessions.readingTime, request)
    }

    /// The `Set-Cookie` header of a cookie that only this service reads.
    static func setCookie(
        _ name: String, _ value: String, for time: Duration = rememberingTime, _ request: APIRequest
    ) -> (name: String, value: String) {
        var parts = ["\(name)=\(value)", "Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=\(time.components.seconds)"]
        // The service is behind a proxy that terminates TLS.
        if request.headers["x-forwarded-proto"] == ["https"] { parts.append("Secure") }
        return ("Set-Cookie", parts.joined(separator: "; "))
    }
}

extension APIResponse {
    /// The security headers of every page and asset.
    static let pageHeaders: [(name: String, value: String)] = [
        (
            "Content-Security-Policy",
            """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
            form-action 'self'; frame-ancestors 'none'; base-uri 'none'
            """
        ),
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ]

    static func page(_ body: [UInt8], status: Int = 200) -> APIResponse {
        APIResponse(
            status: status,
            headers: [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"), ("Vary", "Cookie")] + pageHeaders,
            body: body)
    }

    /// 303: the browser fetches this address next, with a GET.
    static func redirect(to address: Address) -> APIResponse { redirect(to: address.text) }

    /// - Parameter path: a checked path of this service
    static func redirect(to path: String) -> APIResponse {
        APIResponse(
            status: 303, headers: [("Location", path), ("Cache-Control", "no-store"), ("Vary", "Cookie")] + pageHeaders, body: [])
    }
}
