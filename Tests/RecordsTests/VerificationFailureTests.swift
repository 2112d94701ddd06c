import Basics
import Records
import Testing

@Suite struct VerificationFailureTests {
  @Test func `names the file, the line, the field and both values`() {
    let whole = VerificationFailure(
      "wrong", file: "records.jsonl", line: 3, field: "radius", expected: "0.5", found: "0.6")
    #expect(whole.description == #"records.jsonl, line 3, field "radius": wrong; expected 0.5, found 0.6"#)
    #expect(VerificationFailure("wrong", file: "run.json").description == "run.json: wrong")
    #expect(VerificationFailure("wrong", file: "run.json", field: "a").description == #"run.json, field "a": wrong"#)
  }

  @Test func `takes over what an input error says, and the file that it names`() {
    let error = InputError("bad", location: "offset 7", expected: "a", found: "b")
    let failure = VerificationFailure(error, file: "here", line: 2, field: "f")
    #expect(
      failure == VerificationFailure("offset 7: bad", file: "here", line: 2, field: "f", expected: "a", found: "b"))
    #expect(VerificationFailure(error.inFile("there"), file: "here").file == "there")
    #expect(VerificationFailure(UsageError("no"), file: "here") == VerificationFailure("no", file: "here"))
  }

  @Test func `of very many the first are kept and all counted`() {
    var failures = VerificationFailures()
    #expect(failures.isEmpty)
    for number in 0..<VerificationFailures.limit + 5 { failures.add(VerificationFailure("\(number)", file: "f")) }
    #expect(!failures.isEmpty && failures.count == VerificationFailures.limit + 5)
    #expect(failures.first.count == VerificationFailures.limit)
    #expect(failures.first.last?.problem == "\(VerificationFailures.limit - 1)")
  }
}
