/// What casting votes of recorded images again brought.
package struct RedrawFindings: Sendable {
  /// The images whose votes were all cast again.
  package var indices: [Int] = []
  /// What chose them; nil where all were, or none.
  package var seed: UInt64?
  /// How many came out the same.
  package var confirmed = 0
  /// Votes that differ no more than those of another engine may.
  package var differing: [String] = []
  package var failures: [VerificationFailure] = []

  package init() {}
}
