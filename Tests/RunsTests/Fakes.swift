import Basics
import Classifiers

/// A classifier without a model: losses are distances of the noisy image's first values to fixed points, plus its own
/// noise, so that a vote depends on the image, on δ and on ε.
final class ToyClassifier: BaseClassifier {
  static let shape = ImageShape(channels: 1, height: 2, width: 2)
  let imageShape = ToyClassifier.shape
  let classCount = 3
  /// Called with the number of votes cast before, in every worker; may throw or cancel.
  let onVote: @Sendable (Int) throws -> Void
  /// Votes whose losses are NaN.
  let isInvalid: @Sendable ([Float]) -> Bool
  let votesCast = Mutex(0)
  let workersMade = Mutex(0)
  let busyWorkers = Mutex((now: 0, most: 0))

  init(
    isInvalid: @escaping @Sendable ([Float]) -> Bool = { _ in false },
    onVote: @escaping @Sendable (Int) throws -> Void = { _ in }
  ) {
    self.isInvalid = isInvalid
    self.onVote = onVote
  }

  func makeWorker() -> any ClassifierWorker {
    workersMade.withLock { $0 += 1 }
    return Worker(self)
  }

  final class Worker: ClassifierWorker {
    let classifier: ToyClassifier
    init(_ classifier: ToyClassifier) { self.classifier = classifier }

    func classLosses(_ inputs: [ClassifierInput]) throws -> [ClassLosses] {
      classifier.busyWorkers.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      defer { classifier.busyWorkers.withLock { $0.now -= 1 } }
      return try inputs.map { input in
        let before = classifier.votesCast.withLock { count in
          defer { count += 1 }
          return count
        }
        try classifier.onVote(before)
        try Task.checkCancellation()
        if classifier.isInvalid(input.image) {
          return ClassLosses(losses: [.nan, 0, 0], evaluations: 5)
        }
        var epsilon = [Float](repeating: 0, count: 4)
        epsilon.withUnsafeMutableBufferPointer { input.noise.fill($0, level: 0, label: nil) }
        let value = input.image[0] + 0.1 * epsilon[1]
        return ClassLosses(losses: [-1, 0, 1].map { abs(Double(value) - $0) }, evaluations: 5)
      }
    }
  }
}

/// An error of a classifier's own.
struct ToyFailure: Error, Hashable {}

/// A value that several tasks share.
final class Guarded<Value: Sendable>: Sendable {
  private let value: Mutex<Value>
  init(_ value: Value) { self.value = Mutex(value) }
  func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { value.withLock { body(&$0) } }
}
