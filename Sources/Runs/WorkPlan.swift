/// What a run has before it, as far as it is known beforehand.
package struct WorkPlan: Hashable, Sendable {
  package enum Unit: Hashable, Sendable {
    case images
    /// Nothing but evaluations is counted.
    case evaluations
  }

  package var unit = Unit.images
  package var images: Int
  /// Images finished in earlier sessions: they count, but say nothing about the speed.
  package var imagesBefore = 0
  /// Votes of an image, the most where it takes as many as it needs.
  package var votesPerImage = 1
  /// Whether an image may take fewer.
  package var isOpen = false
  /// Evaluations of a vote, at most; nil where the classifier does not tell.
  package var evaluationsPerVote: Int?

  package init(
    images: Int, imagesBefore: Int = 0, votesPerImage: Int = 1, isOpen: Bool = false, evaluationsPerVote: Int?
  ) {
    self.images = images
    self.imagesBefore = imagesBefore
    self.votesPerImage = votesPerImage
    self.isOpen = isOpen
    self.evaluationsPerVote = evaluationsPerVote
  }

  /// A known number of evaluations.
  package init(evaluations: Int) {
    self.init(images: 1, evaluationsPerVote: evaluations)
    unit = .evaluations
  }
}
