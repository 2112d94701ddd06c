import Basics
import Records
import Testing

@Suite struct VerificationReportTests {
  @Test func `as JSON it has the fields that programs read`() async throws {
    try await HonestRun().onDisk { files in
      var engine = try HonestRun().sources.engine
      engine.precision = "int8"
      var verification = try RunVerification(path: files.path)
      verification.checkFiles(engine: engine)
      var findings = RedrawFindings()
      findings.indices = [1, 3]
      findings.confirmed = 1
      findings.seed = .max
      findings.differing = ["line 1"]
      findings.failures = [VerificationFailure("wrong", file: "f", line: 2)]
      verification.add(findings)
      let text = String(decoding: try StableJSON.line(verification.report()), as: UTF8.self)
      #expect(
        text == #"{"claim":3,"confirmed":1,"differing":["line 1"],"#
          + #""engineDifferences":[{"here":"int8","part":"precision","run":"fp32"}],"#
          + #""failureCount":1,"failures":[{"file":"f","line":2,"problem":"wrong"}],"images":3,"records":3,"#
          + #""redrawSeed":18446744073709551615,"redrawn":[1,3],"run":""# + files.path
          + #"","unchecked":[],"verdict":"fails"}"#)
    }
  }

  @Test func `a verdict has three values`() {
    #expect(
      [VerificationReport.Verdict.holds, .unconfirmed, .fails].map(\.rawValue) == ["holds", "unconfirmed", "fails"])
  }
}
