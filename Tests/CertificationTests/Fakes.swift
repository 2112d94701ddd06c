import Basics
import Certification
import Classifiers
import Statistics

/// A classifier whose votes are drawn from known probabilities by its own noise; what is left over votes invalid.
struct CategoricalClassifier: BaseClassifier {
  var probabilities: [Double]
  var imageShape: ImageShape { ImageShape(channels: 1, height: 1, width: 1) }
  var classCount: Int { probabilities.count }
  func makeWorker() -> any ClassifierWorker { Worker(probabilities: probabilities) }

  final class Worker: ClassifierWorker {
    /// Class y is voted for where the normal lies below threshold y and above those before it.
    let thresholds: [Float]

    init(probabilities: [Double]) {
      var sum = 0.0
      thresholds = probabilities.map { probability in
        sum += probability
        return Float(NormalDistribution.quantile(min(1, sum)))
      }
    }

    func classLosses(_ inputs: [ClassifierInput]) -> [ClassLosses] {
      inputs.map { input in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 1) { normal in
          normal.initialize(repeating: 0)
          input.noise.fill(normal, level: 0, label: nil)
          var losses = [Double](repeating: 1, count: thresholds.count)
          if let label = thresholds.firstIndex(where: { normal[0] < $0 }) {
            losses[label] = 0
            return ClassLosses(losses: losses, evaluations: 3)
          }
          return ClassLosses(losses: losses.map { _ in .nan }, evaluations: 3)
        }
      }
    }
  }
}

/// A classifier that keeps what it was given: the image and the normals of (level 2, no label) and (level 2, label 1).
final class RecordingClassifier: BaseClassifier {
  struct Input: Hashable {
    var image: [Float]
    var shared: [Float]
    var ofLabel: [Float]
  }

  let seen = Mutex<[Input]>([])
  var imageShape: ImageShape { ImageShape(channels: 1, height: 2, width: 3) }
  var classCount: Int { 5 }
  func makeWorker() -> any ClassifierWorker { Worker(self) }

  final class Worker: ClassifierWorker {
    let classifier: RecordingClassifier
    init(_ classifier: RecordingClassifier) { self.classifier = classifier }

    func classLosses(_ inputs: [ClassifierInput]) -> [ClassLosses] {
      inputs.map { input in
        func normals(_ label: Int?) -> [Float] {
          var epsilon = [Float](repeating: 0, count: 6)
          epsilon.withUnsafeMutableBufferPointer { input.noise.fill($0, level: 2, label: label) }
          return epsilon
        }
        classifier.seen.withLock { $0.append(Input(image: input.image, shared: normals(nil), ofLabel: normals(1))) }
        return ClassLosses(losses: [1, 0, 1, 1, 1], evaluations: 1)
      }
    }
  }
}

/// Votes of one worker, cast one after the other; a planted fault may exchange the purpose of a vote.
struct SequentialVotes: VoteSource {
  var classifier: SmoothedClassifier
  var seed: UInt64
  var image: UInt32
  var purposeUsed: @Sendable (VotePurpose) -> VotePurpose = { $0 }

  var classCount: Int { classifier.classCount }

  func votes(_ indices: Range<Int>, for purpose: VotePurpose) throws -> [Vote] {
    let pixels = [Float](repeating: 0.5, count: classifier.imageShape.count)
    return try classifier.makeWorker().votes(
      indices.map {
        VoteRequest(
          pixels: pixels,
          key: VoteKey(seed: seed, image: image, vote: UInt32($0), purpose: purposeUsed(purpose)))
      })
  }
}

/// Votes that follow a script: class 0 except where `against` says otherwise; every vote costs its index in
/// evaluations.
final class ScriptedVotes: VoteSource {
  let classCount = 3
  let against: @Sendable (Int) -> Bool
  let asked = Mutex<[Range<Int>]>([])

  init(against: @escaping @Sendable (Int) -> Bool) { self.against = against }

  func votes(_ indices: Range<Int>, for purpose: VotePurpose) -> [Vote] {
    if purpose == .estimation { asked.withLock { $0.append(indices) } }
    return indices.map { index in
      let misses = purpose == .estimation && against(index)
      return Vote(choice: .label(misses ? 1 : 0), evaluations: index)
    }
  }
}
