/// Told how far evaluations are while they run: what a progress bar moves by within an image.
///
/// Called from every thread that evaluates.
package protocol EvaluationObserver: Sendable {
  /// So many evaluations have ended.
  func evaluated(_ count: Int)
  /// So much more of an evaluation has been done, or less where one has ended or was given up.
  func advanced(by share: Double)
}

/// Where evaluators find who watches them: the task's, so that nothing between the two has to hand it on.
package enum EvaluationMeter {
  @TaskLocal package static var observer: (any EvaluationObserver)?
}

/// What an evaluator has told of a call that it is in the middle of.
package struct EvaluationShare {
  /// Often enough for a rate within a second of a call that takes sixteen.
  private static let interval = 1.0 / 16
  private let observer: (any EvaluationObserver)?
  private let count: Double
  private var told = 0.0

  /// - Parameter count: the evaluations of the call.
  package init(_ count: Int) {
    observer = EvaluationMeter.observer
    self.count = Double(count)
  }

  /// So much of the call is done, between 0 and 1.
  package mutating func reach(_ share: Double) {
    guard let observer, share - told >= Self.interval else { return }
    observer.advanced(by: (share - told) * count)
    told = share
  }

  /// The call has ended, well or not: whoever asked for it counts whole evaluations.
  package func end() {
    if told > 0 { observer?.advanced(by: -told * count) }
  }
}
