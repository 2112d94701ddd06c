import ArgumentParser
import NoisedDiffusionClassifiers

/// What is known of a model before it is opened, so that everything that may be wrong with data shows first.
struct ModelPreview {
  let outline: ModelOutline
  /// A model that is served elsewhere, in whole or in part, is known by asking, that is by opening it; nil otherwise.
  let opened: DiffusionModel?
  /// The classes that the classifier chooses from; nil for all of the model's.
  let classes: ClassSet?

  /// - Throws: `UsageError` for an impossible classifier and for classes that the model does not have; `InputError` for a
  ///   model that has none to choose from.
  init(_ options: ModelOptions, _ choice: ClassifierChoice, _ classes: ClassOptions) throws {
    try choice.validate()
    let list = try classes.list()
    let (outline, opened) = try Self.look(options, choice.precision, choice.assumedMethod)
    (self.outline, self.opened) = (outline, opened)
    guard outline.classCount > 1 else {
      if opened?.served != nil {
        throw ValidationError(
          "a served denoiser does not say how many classes it has: name their number with --classes K")
      }
      throw InputError(
        "the model has no classes to choose from; it can only serve as --unconditional-model", file: outline.source)
    }
    self.classes = try list.map { try outline.classes($0) }
  }

  /// Without a classifier on it.
  init(_ options: ModelOptions) throws {
    (outline, opened) = try Self.look(options, .exact, nil)
    classes = nil
  }

  private static func look(
    _ options: ModelOptions, _ precision: PrecisionChoice, _ method: ClassificationMethod?
  ) throws -> (ModelOutline, DiffusionModel?) {
    if let outline = try ModelOutline(options.reference(method)) { return (outline, nil) }
    let model = try options.open(choosing: precision, for: method)
    return (ModelOutline(model), model)
  }
}
