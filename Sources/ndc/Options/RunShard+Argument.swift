import ArgumentParser
import NoisedDiffusionClassifiers

/// `--shard k/N`.
extension RunShard.Choice: ExpressibleByArgument {
  public init?(argument: String) { self.init(text: argument) }
}
