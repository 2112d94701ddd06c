import Datasets
import Records
import Basics
import Certification

/// Certifies images one after the other into a run directory.
///
/// A few images are under way at once, so that no worker idles while another finishes an image's last votes; records
/// are written in image order all the same. Cancelling the task ends the run: everything finished is kept, and running
/// again with `resume` leads to the same records as one uninterrupted run. Votes of images under way are kept beside the
/// records (`VoteJournal`), so that an interruption loses the last tenth of a second's; where a model is served elsewhere
/// they are not, for nobody could say later which model cast them.
public struct CertificationRun: Sendable {
  public var executor: VoteExecutor
  /// σ, in pixels.
  public var sigma: PixelNoise
  public var rule: CertificationRule
  public var seed: UInt64
  /// Gives the image of a data set's index.
  public var images: ImageProvider
  public var progress: RunProgress
  /// How many images may be under way at once.
  public var window: Int
  /// Images that cannot be had now; they come last in the run and are left undone.
  public var absent: Set<Int> = []
  /// How long votes of an image under way may be unwritten at least.
  package var voteInterval = Duration.milliseconds(100)

  /// - Parameter window: images under way at once; by default two where there are several threads.
  public init(
    executor: VoteExecutor, sigma: PixelNoise, rule: CertificationRule, seed: UInt64, images: @escaping ImageProvider,
    progress: RunProgress = .silent, window: Int? = nil
  ) {
    self.executor = executor
    self.sigma = sigma
    self.rule = rule
    self.seed = seed
    self.images = images
    self.progress = progress
    self.window = window ?? min(2, executor.threads)
  }

  /// Certifies the images that `directory` has no record of yet and writes the summary.
  ///
  /// - Parameter onRecord: called after each record has been written, in image order.
  /// - Throws: `Interrupted` soon when the task is cancelled; `InputError` for an image that does not fit or a file that
  ///   cannot be written. In every case what was finished before stays, with a summary.
  public func callAsFunction(
    into directory: RunDirectory, onRecord: (ImageRecord) -> Void = { _ in }
  ) async throws -> RunSummary {
    precondition(
      directory.manifest.smoothing == .init(rule: rule, seed: seed) && directory.manifest.sigma == sigma,
      "the manifest describes this run")
    let start = directory.records.count
    let pending = directory.indices[start...].filter { !absent.contains($0) }
    let others = directory.manifest.otherClasses
    let plan = WorkPlan(
      images: pending.count, imagesBefore: start, votesPerImage: rule.mostVotes, isOpen: rule.fixedVotes == nil,
      evaluationsPerVote: executor.evaluationsPerVote())
    let journals = Journals(
      folder: directory.path, lock: directory.lock, run: try directory.manifest.voteDigest,
      keepsVotes: !executor.isServedElsewhere)
    let clock = ContinuousClock()
    var lastEnd = clock.now
    do {
      try await progress.follow(plan) {
        try await inOrder(pending.count, window: window) { position in
          try await certifyImage(pending[position], order: position, others: others, journals)
        } deliver: { position, done in
          let end = clock.now
          let seconds = (end - lastEnd) / .seconds(1)
          lastEnd = end
          var record = ImageRecord(
            index: pending[position], label: done.label,
            // A run that an earlier version began stays as that version writes it.
            picture: directory.manifest.pictures.flatMap { _ in RecordedPicture(done.picture) }, result: done.result,
            seconds: seconds)
          if directory.manifest.program.counting != .ordered { record.against = nil }
          try directory.append(record)
          done.journal?.close()
          directory.removeVotes(image: record.index)
          progress.finishImage(evaluations: record.evaluations)
          onRecord(record)
        }
      }
    } catch {
      // The error that ended the run matters more than a summary that could not be written after it.
      _ = try? directory.writeSummary()
      if error is CancellationError {
        throw Interrupted(
          finished: directory.records.count, total: directory.indices.count, votes: journals.votes)
      }
      throw error
    }
    return try directory.writeSummary()
  }

  private func certifyImage(
    _ index: Int, order: Int, others: OtherClasses?, _ journals: Journals
  ) async throws -> Certified {
    let (image, label) = try images(index)
      .labelled(shape: executor.imageShape, classes: executor.classes, others: others)
    precondition(image.index == index, "the provider gives the image asked for")
    let votes = ImageVotes(
      executor: executor, pixels: image.pixels, seed: seed, image: UInt32(index), order: order,
      onVotes: { progress.addVotes($0) })
    guard journals.keepsVotes else {
      let result = try await rule(votes, sigma: sigma)
      try await executor.requireUnchanged(order: order)
      return Certified(label: label, picture: image.picture, result: result)
    }
    try journals.lock.requireHeld()
    let journal = try VoteJournal(
      path: RunDirectory.votesFile(journals.folder, image: index),
      binding: .init(image: index, pixels: image.pixels, run: journals.run), classes: executor.classes,
      most: [.selection: rule.selectionSamples, .estimation: rule.samples], interval: voteInterval)
    progress.addVotesBefore(journal.restored)
    do {
      let result = try await rule(DurableVotes(votes: votes, journal: journal), sigma: sigma)
      return Certified(label: label, picture: image.picture, result: result, journal: journal)
    } catch {
      // What ended the run matters more than votes that could not be kept after it.
      if (try? journal.flush()) != nil { journals.add(journal.count) }
      throw error
    }
  }

  /// Where votes of images under way are kept.
  private final class Journals: Sendable {
    let folder: String
    let lock: RunLock
    let run: String
    let keepsVotes: Bool
    private let kept = Mutex(0)

    init(folder: String, lock: RunLock, run: String, keepsVotes: Bool) {
      self.folder = folder
      self.lock = lock
      self.run = run
      self.keepsVotes = keepsVotes
    }

    /// Votes kept of images that were interrupted.
    var votes: Int { kept.withLock { $0 } }
    func add(_ votes: Int) { kept.withLock { $0 += votes } }
  }

  private struct Certified: Sendable {
    var label: Int
    var picture: PictureIdentity?
    var result: CertifyResult
    var journal: VoteJournal?
  }
}
