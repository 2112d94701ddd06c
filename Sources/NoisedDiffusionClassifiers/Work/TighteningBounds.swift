import Basics
import Certification
import Runs

/// What is certified about a picture so far.
///
/// An element holds whether or not more follow: all of them are valid together except with probability α.
public struct TighteningBound: Hashable, Sendable {
  /// c_A, the class the selection votes chose.
  public let candidate: Int
  /// Estimation votes counted so far.
  public let votes: Int
  /// Those for the candidate.
  public let successes: Int
  /// The lower bound on the candidate's probability; it never falls from one element to the next.
  public let lowerBound: Double
  /// What is certified so far, or an abstention where the bound is at most ½.
  public let outcome: Outcome
  /// Everything found out; nil while more votes are being cast.
  public let result: CertifyResult?

  init(_ progress: AnytimeProgress) {
    candidate = progress.candidate
    votes = progress.counts.total
    successes = progress.counts.votes(for: progress.candidate)
    lowerBound = progress.certificate.pLower
    outcome = progress.certificate.radius.map { .certified(label: progress.candidate, radius: $0) } ?? .abstained
    result = nil
  }

  init(_ result: CertifyResult) {
    candidate = result.candidate
    votes = result.estimation.counts.total
    successes = result.estimation.successes(of: result.candidate)
    lowerBound = result.certificate.pLower
    outcome = result.outcome
    self.result = result
  }

  /// R in pixels as certified so far; nil on an abstention.
  public var radius: Double? { outcome.radius }
}

/// The certificate of one picture as it tightens; see `SmoothedClassifier.bounds(of:rule:settings:)`.
///
/// The work begins with the iteration and ends with it: leaving the loop or cancelling its task stops the votes. Each
/// iteration casts the same votes again, because seed and index are part of the sequence.
public struct TighteningBounds: AsyncSequence, Sendable {
  public typealias Element = TighteningBound
  let votes: ImageVotes
  let rule: any AnytimeRule
  let sigma: PixelNoise

  public func makeAsyncIterator() -> Iterator {
    let (votes, rule, sigma) = (votes, rule, sigma)
    return Iterator(
      AsyncThrowingStream { continuation in
        let task = Task {
          do {
            let result = try await rule(votes, sigma: sigma) { continuation.yield(TighteningBound($0)) }
            continuation.yield(TighteningBound(result))
            continuation.finish()
          } catch {
            continuation.finish(throwing: error)
          }
        }
        continuation.onTermination = { _ in task.cancel() }
      })
  }

  public struct Iterator: AsyncIteratorProtocol {
    private var base: AsyncThrowingStream<TighteningBound, any Error>.Iterator
    private var isFinished = false

    init(_ stream: AsyncThrowingStream<TighteningBound, any Error>) { base = stream.makeAsyncIterator() }

    /// - Throws: `CancellationError` where the task was cancelled before the final result.
    public mutating func next() async throws -> TighteningBound? {
      let element: TighteningBound?
      do {
        element = try await base.next()
      } catch {
        isFinished = true
        throw error
      }
      // A cancelled stream ends as a finished one does: an element in between must not pass for the last.
      if element == nil, !isFinished { throw CancellationError() }
      if element?.result != nil { isFinished = true }
      return element
    }
  }
}
