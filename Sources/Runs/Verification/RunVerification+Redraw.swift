import Basics
import Certification
import Datasets
import Records

extension RunVerification {
  /// How many of the images to cast all votes of again.
  public enum Redraw: Hashable, Sendable {
    case all
    /// So many, chosen at random by a seed.
    case some(Int, seed: UInt64)
  }

  /// Casts all votes of some images again and compares bit for bit; on another engine than the run's, statistically.
  ///
  /// Nothing is cast where the model or the data are not the run's.
  ///
  /// - Throws: `CancellationError` when cancelled.
  public mutating func redraw(
    _ choice: Redraw, executor: VoteExecutor, images: @escaping ImageProvider, progress: RunProgress = .silent
  ) async throws {
    guard sourcesHold, let rule = try? manifest.rule() else { return }
    let candidates = records.filter {
      isOfRun($0.record.index) && !unopened.contains($0.record.index) && $0.record.classes == executor.classes
    }
    var findings = RedrawFindings()
    let chosen: [(line: Int, record: ImageRecord)]
    switch choice {
    case .all: chosen = candidates
    case .some(let count, let seed):
      var generator = SeededOrder(seed: seed)
      chosen = generator.draw(count, of: candidates.count).sorted().map { candidates[$0] }
      findings.seed = seed
    }
    let redraw = VoteRedraw(
      executor: executor, sigma: manifest.sigma, rule: rule, seed: manifest.smoothing.seed,
      images: images, progress: progress, isSameEngine: engineDifferences.isEmpty,
      roundings: manifest.program.roundings, others: manifest.otherClasses)
    do {
      for finding in try await redraw(chosen) {
        switch finding {
        case .confirmed: findings.confirmed += 1
        case .refuted(let found): findings.failures += found
        case .differs(let text): findings.differing.append(text)
        }
      }
      findings.indices = chosen.map(\.record.index)
    } catch let error as InputError {
      findings.failures = [VerificationFailure(error, file: manifest.data.source)]
    }
    add(findings)
  }
}
