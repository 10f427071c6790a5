import Testing

@testable import LocalCluster

@Suite("Lines of files and ledger") struct LineTests {
    @Test(
        "a line of an event file",
        arguments: [
            (
                #"{"app":"a","gen":1,"shard":3,"epoch":7,"session":"s\"1","seq":12,"type":"MESSAGE_CREATE","data":{"epoch":9}}"#,
                EventLine.dispatch(session: #"s\"1"#, sequence: 12, epoch: 7)
            ),
            (#"{"app":"a","gen":1,"shard":3,"epoch":7,"control":"gap","reason":"sessionLost"}"#, .control("gap")),
            (#"{"app":"a","note":{"x":["}",1]},"epoch":7, "session": "s", "seq": 1, "type":"T"}"#, .dispatch(session: "s", sequence: 1, epoch: 7)),
            (#"{"app":"a","gen":1,"shard":3,"epoch":7,"session":"s","seq":1"#, nil),
            (#"{"app":"a","epoch":"7","session":"s","seq":1,"type":"T"}"#, nil),
            ("not json", nil), ("", nil), ("{", nil), (#"{"a"#, nil), (#"{"a":"#, nil), (#"{"a":"\"#, nil), (#"{"a":[{"#, nil),
        ])
    func eventLine(text: String, expected: EventLine?) {
        #expect(scan(text) { EventLine.scan($0) } == expected)
    }

    @Test(
        "a line of the ledger",
        arguments: [
            (
                #"{"cursor":123,"id":45,"at_ms":1234567,"type":"MESSAGE_CREATE","shards":16,"shard":3,"session":"x","seq":12,"status":"due"}"#,
                LedgerLine(cursor: 123, at: 1_234_567, status: .due, session: "x", sequence: 12)
            ),
            (
                #"{"cursor":1,"id":4,"at_ms":10.5,"type":"T","shards":16,"shard":3,"session":null,"seq":null,"status":"unowned"}"#,
                LedgerLine(cursor: 1, at: 10, status: .unowned, session: nil, sequence: nil)
            ),
            (#"{"cursor":1,"at_ms":10,"session":null,"seq":null,"status":"due"}"#, nil),
            (#"{"cursor":1,"at_ms":10,"status":"other"}"#, nil),
            (#"{"cursor":99999999999999999999,"at_ms":10,"status":"declared"}"#, nil),
        ])
    func ledgerLine(text: String, expected: LedgerLine?) {
        #expect(scan(text) { LedgerLine(scanning: $0) } == expected)
    }
}

private func scan<Line>(_ text: String, _ scanner: (UnsafeRawBufferPointer) -> Line?) -> Line? {
    Array(text.utf8).withUnsafeBytes { scanner($0) }
}
