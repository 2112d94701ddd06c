import Basics

/// Casts the votes on one image.
///
/// A vote is a pure function of the image, the seed, the image's index, the purpose and the vote's index: a source may
/// compute votes in any order, in any batches and on any number of threads, but always returns them in index order.
public protocol VoteSource: Sendable {
  /// K.
  var classCount: Int { get }
  /// What the model calls the K classes.
  var classes: ClassSet { get }

  /// The votes with the given indices, in index order.
  func votes(_ indices: Range<Int>, for purpose: VotePurpose) async throws -> [Vote]
}

extension VoteSource {
  public var classes: ClassSet { ClassSet(count: classCount) }
}
