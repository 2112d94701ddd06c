import Basics
import Datasets
import Foundation
import Models
import Records
import Runs

/// A data set fitted to a model, and the images of it to work on.
public struct WorkImages: Sendable {
  /// What `DataSource.open` was given.
  public let source: String
  public let images: AdaptedImageSet
  public let selection: ImageSelection
  /// The data set's indices in the order of the work.
  public let indices: [Int]

  /// - Parameters:
  ///   - resources: the folder that holds the bundled data.
  ///   - select: chooses from a data set of a size.
  /// - Throws: `InputError` for data that cannot be read or do not suit the model; `UsageError` for a selection that the
  ///   data set does not have.
  public init(
    _ source: String, for model: DiffusionModel, resources: URL? = BundledResources.folder,
    select: (_ size: Int) throws -> ImageSelection
  ) throws {
    let images = try AdaptedImageSet(try DataSource.open(source, resources: resources), for: model)
    let selection = try select(images.count)
    self.source = source
    self.images = images
    self.selection = selection
    indices = try selection.indices(inDatasetOf: images.count)
  }

  init(source: String, images: AdaptedImageSet, selection: ImageSelection, indices: [Int]) {
    self.source = source
    self.images = images
    self.selection = selection
    self.indices = indices
  }

  public var provider: ImageProvider {
    { [images] index in try images.image(at: index) }
  }
}

extension RunManifest.Data {
  /// What a record says of a data set.
  ///
  /// - Throws: `InputError` for data that cannot be read.
  public init(_ images: WorkImages) throws { try self.init(images.images, source: images.source) }
}

extension ImageSelection {
  /// From `first` on every `stride`th image; without a count up to `most` of those that there are.
  public init(first: Int = 0, stride: Int = 1, count: Int?, most: Int, of size: Int) {
    let available = first < size ? (size - 1 - first) / stride + 1 : 0
    self.init(first: first, stride: stride, count: count ?? max(1, min(most, available)))
  }
}

extension AdaptedImageSet {
  /// As a model takes it, labels included.
  ///
  /// - Throws: `InputError` where they do not fit.
  init(_ images: any LabeledImageSet, for model: DiffusionModel) throws {
    try self.init(images, to: model.imageShape)
    try requireLabels(below: model.classCount)
  }
}
