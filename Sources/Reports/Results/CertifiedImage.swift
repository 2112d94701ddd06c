import Records
import Certification

/// What a run or a table says about one image.
public struct CertifiedImage: Hashable, Sendable {
  /// The image's index in its data set.
  public var index: Int
  public var label: Int
  public var outcome: Outcome
  /// Time the image took, where it is known.
  public var seconds: Double?
  /// Votes, bound and evaluations; nil where only a table was kept.
  public var record: ImageRecord?

  public init(index: Int, label: Int, outcome: Outcome, seconds: Double? = nil, record: ImageRecord? = nil) {
    self.index = index
    self.label = label
    self.outcome = outcome
    self.seconds = seconds
    self.record = record
  }

  public init(_ record: ImageRecord) {
    self.init(
      index: record.index, label: record.label, outcome: record.outcome, seconds: record.seconds, record: record)
  }

  /// Whether the smoothed prediction is the label; an abstention is not. Never read from a file: always recomputed.
  public var correct: Bool { outcome.label == label }

  /// radius·correct, in pixels: what the average certified radius averages.
  public var certifiedRadius: Double { correct ? outcome.radius ?? 0 : 0 }
}
