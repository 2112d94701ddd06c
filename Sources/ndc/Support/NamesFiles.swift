import ArgumentParser
import NoisedDiffusionClassifiers

/// A command that says which files its options name, so that they are held against each other before it runs: every
/// command does.
protocol NamesFiles: ParsableCommand {
  var files: FilePlan { get throws }
}

extension FilePlan {
  /// What `--model` and `--unconditional-model` name.
  mutating func read(_ options: ModelOptions) throws {
    let reference = try options.reference()
    read(model: reference.text)
    read(reference.unconditional)
    read(description: reference.configuration)
    read(description: reference.unconditionalConfiguration)
  }

  /// What `--data` and `--indices` name.
  mutating func read(_ options: DataOptions) {
    read(data: options.data)
    read(options.indices)
  }
}
