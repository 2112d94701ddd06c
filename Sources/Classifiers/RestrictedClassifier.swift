import Basics

/// A classifier of which only some classes are asked for: the arg min of their losses (Docs/Mathematics.md, Some of a
/// model's classes).
public struct RestrictedClassifier: BaseClassifier {
  public let base: any BaseClassifier
  public let classes: ClassSet
  /// Where `base` has each of the classes.
  private let places: [Int]

  /// - Throws: `UsageError` for a class that the classifier does not have.
  public init(_ base: any BaseClassifier, to classes: ClassSet) throws {
    places = try classes.places(in: base.classes, of: "classifier")
    self.base = base
    self.classes = classes
  }

  public var imageShape: ImageShape { base.imageShape }
  public var classCount: Int { classes.count }
  public var smoothing: PixelNoise? { base.smoothing }
  public var isServedElsewhere: Bool { base.isServedElsewhere }
  public func requireUnchanged() throws { try base.requireUnchanged() }

  public func makeWorker() throws -> any ClassifierWorker { Worker(try base.makeWorker(), places) }

  private final class Worker: ClassifierWorker {
    private let base: any ClassifierWorker
    private let places: [Int]

    init(_ base: any ClassifierWorker, _ places: [Int]) {
      self.base = base
      self.places = places
    }

    func classLosses(_ inputs: [ClassifierInput]) throws -> [ClassLosses] {
      try base.classLosses(inputs).map { all in
        ClassLosses(losses: places.map { all.losses[$0] }, evaluations: all.evaluations)
      }
    }
  }
}
