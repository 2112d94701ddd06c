import Basics

/// A denoiser made of another one, and like it where it says nothing else.
protocol DerivedDenoiser: Denoiser {
  var base: any Denoiser { get }
}

extension DerivedDenoiser {
  public var imageShape: ImageShape { base.imageShape }
  public var classCount: Int { classes.count }
  public var classes: ClassSet { base.classes }
  public var isUnconditionalAvailable: Bool { base.isUnconditionalAvailable }
  public var scope: EvaluationScope { base.scope }
  public var passes: Int { base.passes }
  public var preferredBatchSize: Int { base.preferredBatchSize }
  public var isServedElsewhere: Bool { base.isServedElsewhere }
  public func requireUnchanged() throws { try base.requireUnchanged() }
}
