extension View {
    package static let syncState = View(
        "sync-state", title: "Sync state", path: "/api/internal/trades/sync-state", projection: "sync_state",
        key: ["source_name", "scope_key"])
}
