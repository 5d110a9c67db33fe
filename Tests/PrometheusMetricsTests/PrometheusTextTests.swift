import PrometheusMetrics
import Testing

@Suite struct PrometheusTextTests {
    private func text(_ families: [MetricFamily]) -> String { String(decoding: PrometheusText.bytes(families), as: UTF8.self) }

    @Test func `a counter shows each combination of labels, sorted, with special characters escaped`() {
        let counter = Counter("calls_total", help: "Calls\nmade \\ all.", labels: ["to", "outcome"])
        counter.increment(["b", "2xx"])
        counter.increment(["a \"x\"\\\n", "timed_out"], by: 41)
        counter.increment(["a \"x\"\\\n", "timed_out"])
        #expect(
            text([counter.family]) == """
                # HELP calls_total Calls\\nmade \\\\ all.
                # TYPE calls_total counter
                calls_total{to="a \\"x\\"\\\\\\n",outcome="timed_out"} 42
                calls_total{to="b",outcome="2xx"} 1

                """)
    }

    @Test func `a histogram's buckets are cumulative and end with everything`() {
        let histogram = Histogram("t_seconds", help: "T.", labels: ["route"], bounds: [0.5, 1])
        for value in [0.25, 0.5, 0.75, 4] { histogram.observe(value, ["/a"]) }
        #expect(
            text([histogram.family]) == """
                # HELP t_seconds T.
                # TYPE t_seconds histogram
                t_seconds_bucket{route="/a",le="0.5"} 2
                t_seconds_bucket{route="/a",le="1"} 3
                t_seconds_bucket{route="/a",le="+Inf"} 4
                t_seconds_sum{route="/a"} 5.5
                t_seconds_count{route="/a"} 4

                """)
    }

    @Test func `what can't be bounded by its maker is bounded by the metric`() {
        let counter = Counter("x_total", help: "X.", labels: ["name"])
        for number in 0..<2 * Counter.maximumSeries { counter.increment(["\(number)"]) }
        #expect(counter.family.samples.count == Counter.maximumSeries + 1)
        #expect(counter.value(["other"]) == Counter.maximumSeries)
        // What is known goes on being counted by its name.
        counter.increment(["7"])
        #expect(counter.value(["7"]) == 2)
    }

    @Test func `a family without samples is left out, and numbers that are none are named`() {
        let odd = MetricFamily("g", .gauge, help: "G.", [.init(.nan), .init(.infinity), .init(-.infinity), .init(0.125)])
        #expect(
            text([MetricFamily("none", .gauge, help: "", []), odd]).split(separator: "\n").dropFirst(2) == [
                "g NaN", "g +Inf", "g -Inf", "g 0.125",
            ])
    }
}
