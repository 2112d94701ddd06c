import Basics
import Testing

@Suite struct UsageErrorTests {
  @Test func `a message calls parameters by their names, or as whoever shows it calls them`() {
    let error = UsageError("\(.sigma) \(-1.0): too small for \(.skippedSteps) \(3)")
    #expect(error.description == "sigma -1.0: too small for skippedSteps 3")
    #expect(error.message.text { "--\($0)" } == "--sigma -1.0: too small for --skippedSteps 3")
  }

  @Test func `values are no parameters, whatever they say`() {
    let error = UsageError("the file \("sigma") has no entry" + " for \(.method)")
    #expect(error.message.text { $0.rawValue.uppercased() } == "the file sigma has no entry for METHOD")
  }
}
