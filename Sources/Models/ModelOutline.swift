import Basics
import Checkpoints
import Datasets
import Foundation

/// What images a model takes and which classes it has, known before it is opened: so much decides which data fit it, and
/// opening a large network takes a while.
public struct ModelOutline: Hashable, Sendable {
  /// The model as it was named.
  public var source: String
  public var imageShape: ImageShape
  /// K; 0 without classes.
  public var classCount: Int
  /// What the classes are called, by label; empty where nobody says.
  public var classNames: [String]
  /// Whether the names are taken from the model's kind alone: they may be others.
  public var guessesNames = false

  public init(source: String, imageShape: ImageShape, classCount: Int, classNames: [String] = []) {
    self.source = source
    self.imageShape = imageShape
    self.classCount = classCount
    self.classNames = classNames
  }

  /// Looks at a model without opening it; nil of one that is served elsewhere, in whole or in part.
  ///
  /// - Parameter resources: the folder of the bundled data, for analytic models of them.
  /// - Throws: `InputError` naming the file and what is wrong in it, as far as it can be seen without its weights.
  public init?(_ reference: ModelReference, resources: URL? = BundledResources.folder) throws {
    guard reference.classifier == nil else { return nil }
    switch reference.source {
    case .served: return nil
    case .file(let path):
      try self.init(file: path, description: reference.configuration)
    case .analytic(let data):
      let images = try DataSource.open(data, resources: resources)
      self.init(
        source: reference.text, imageShape: images.imageShape, classCount: images.classCount,
        classNames: images.classNames)
    }
  }

  /// Looks at a checkpoint without reading its weights.
  ///
  /// - Throws: `InputError` as `Checkpoint.outline`.
  ///
  /// - Parameter description: what the file does not say: a JSON file, or the name of a published model.
  public init(file path: String, description: String? = nil) throws {
    let (architecture, notes) = try Checkpoint.outline(
      path: path, description: description.map { try ModelDescription($0) })
    self.init(source: path, architecture, notes)
  }

  /// An open model's.
  public init(_ model: DiffusionModel) {
    self.init(
      source: model.source, imageShape: model.imageShape, classCount: model.classCount, classNames: model.classNames)
    if case .file = model.reference.source { guessesNames = classNames == CIFAR10.classNames }
  }

  /// A network and what its file says about itself.
  init(source: String, _ architecture: Architecture, _ notes: CheckpointNotes) {
    self.init(
      source: source, imageShape: architecture.imageShape, classCount: architecture.labelDimension,
      classNames: notes.classNames ?? [])
    let isCIFAR10 = imageShape == CIFAR10.imageShape && classCount == CIFAR10.classNames.count
    guard notes.classNames == nil, isCIFAR10 else { return }
    classNames = CIFAR10.classNames
    guessesNames = true
  }
}

extension DataSource {
  /// A data set for a model, by whose classes' names class folders are labelled.
  ///
  /// Names that are known for certain must all be met or none of them (`ClassMapping`). A model of ten classes that does
  /// not name them is taken for one of CIFAR-10 where every class folder is called after one of CIFAR-10's classes, a model
  /// of 1000 for one of ImageNet where every one is called after a synset.
  /// - Throws: as `open(_:resources:knownClasses:)`.
  public static func open(
    _ source: String, resources: URL?, for model: ModelOutline
  ) throws -> any LabeledImageSet {
    if !model.classNames.isEmpty, !model.guessesNames {
      return try bySynset(
        open(source, resources: resources, knownClasses: model.classNames), source, resources, model)
    }
    let images = try bySynset(open(source, resources: resources), source, resources, model)
    guard images.classMapping?.basis == .order, model.classCount == CIFAR10.classNames.count,
      let named = try? open(source, resources: resources, knownClasses: CIFAR10.classNames),
      named.classMapping?.basis == .names
    else { return images }
    return named
  }

  /// Folders of some of ImageNet's synsets, for a model of all of them, are not labelled by their order among themselves.
  private static func bySynset(
    _ images: any LabeledImageSet, _ source: String, _ resources: URL?, _ model: ModelOutline
  ) throws -> any LabeledImageSet {
    guard let mapping = images.classMapping, mapping.basis == .order, model.classCount == ImageNet1k.classNames.count,
      mapping.areImageNet(for: model.classNames)
    else { return images }
    return try open(source, resources: resources, knownClasses: ImageNet1k.classNames)
  }
}
