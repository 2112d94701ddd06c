import Foundation
import Noise
import Runs

/// Which noise an image's votes are cast on, and how the work is spread.
///
/// The seed, the image's index and the vote's index determine a vote completely: the same numbers give the same votes
/// as `ndc certify`, whatever the threads and the batch size.
public struct CastingSettings: Hashable, Sendable {
  /// Drawn from the system unless named: whoever knows the noise can search for images on which the estimate fails.
  public var seed: UInt64
  /// The image's index in its data set; images of one seed must not share it, or their votes depend on each other.
  public var image: UInt32
  public var threads: Int
  /// Votes a worker takes at once.
  public var batch: Int

  public init(
    seed: UInt64 = SystemSeed.draw(), image: UInt32 = 0, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    batch: Int = VoteExecutor.defaultBatch
  ) {
    self.seed = seed
    self.image = image
    self.threads = threads
    self.batch = batch
  }
}
