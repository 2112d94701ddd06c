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
  public private(set) var selection: ImageSelection
  /// The pictures in the order of the work; with digests once they are checked.
  public private(set) var pictures: [PictureIdentity]
  /// Pictures of a run to be continued that the data set no longer has: of those that are not finished, which come last
  /// in the order, and of those that are.
  public let missing: [PictureIdentity]
  /// Which part of the selection these are; nil for all of it.
  public private(set) var shard: RunShard?
  /// What earlier sessions of the run finished; empty where nothing binds to it.
  private let finished: [Int: PictureIdentity]

  /// - Parameters:
  ///   - resources: the folder that holds the bundled data.
  ///   - classes: what the classifier chooses from; nil for all of the model's classes.
  ///   - others: what becomes of images with another label; nil refuses them.
  ///   - shard: which part of the selection to take.
  ///   - run: the run to be continued, whose list says which picture has which index.
  ///   - select: chooses from a data set of a size.
  /// - Throws: `InputError` for data that cannot be read or do not suit the model; `OtherClassesError` for images of
  ///   other classes that are refused; `UsageError` for a selection that the data set does not have, and for another
  ///   shard than the run to be continued.
  public init(
    _ source: String, for model: ModelOutline, resources: URL? = BundledResources.folder,
    among classes: ClassSet? = nil, others: OtherClasses? = nil, shard choice: RunShard.Choice? = nil,
    continuing run: RunDirectory.Contents? = nil,
    select: (_ size: Int) throws -> ImageSelection
  ) throws {
    // An earlier version's labels were those of the folders' order.
    let data =
      if let run, run.manifest.pictures == nil {
        try DataSource.open(source, resources: resources, foldersByOrder: true)
      } else {
        try DataSource.open(source, resources: resources, for: model)
      }
    if let run, run.manifest.pictures?.listed == nil { try run.manifest.requireSelected(in: data, source: source) }
    let asked = try select(data.count)
    var selection = asked
    self.source = source
    // Only a run that lists its pictures binds to each.
    let records = run.flatMap { $0.manifest.pictures == nil ? nil : $0.records } ?? []
    let finished = Dictionary(records.map { ($0.index, $0.identity) }, uniquingKeysWith: { first, _ in first })
    self.finished = finished
    if let run, let listed = run.manifest.pictures?.listed {
      let order: PictureOrder
      if let choice, let recorded = run.manifest.shard {
        // A shard goes on with its own list: the whole may no longer be found as it was.
        try recorded.require(choice, of: asked)
        order = PictureOrder(listed, selection: run.manifest.images)
        shard = recorded
      } else {
        order = try PictureOrder(
          listed, asked: run.manifest.images, in: data, source: source, selection,
          skipping: others == .skipped ? classes : nil)
      }
      selection = order.selection
      let set = try ListedImageSet(data, listed: order.pictures)
      let isGone = Set(set.missing.map(\.index))
      // What can be done follows what is done, so that records remain a beginning of the list.
      let later = order.pictures.filter { isGone.contains($0.index) && finished[$0.index] == nil }
      let isLater = Set(later.map(\.index))
      pictures = order.pictures.filter { !isLater.contains($0.index) } + later
      missing = set.missing
      images = try AdaptedImageSet(
        set, to: model.imageShape, selected: pictures.map(\.index).filter { !isGone.contains($0) })
    } else {
      let indices = try selection.indices(inDatasetOf: data.count)
      images = try AdaptedImageSet(data, to: model.imageShape, selected: indices)
      pictures = try indices.map {
        PictureIdentity(index: $0, name: data.pictureName(at: $0), label: try data.label(at: $0))
      }
      missing = []
    }
    self.selection = selection
    let taken = try among(classes, others: others)
    pictures = taken.pictures
    self.selection = taken.selection
    guard let choice, shard == nil else { return }
    let part = try RunShard(choice, of: asked, pictures: pictures)
    self.selection = part.part(of: self.selection)
    pictures = part.positions.map { pictures[$0] }
    shard = part
  }

  /// The images for an open model.
  public init(
    _ source: String, for model: DiffusionModel, resources: URL? = BundledResources.folder,
    select: (_ size: Int) throws -> ImageSelection
  ) throws {
    try self.init(source, for: ModelOutline(model), resources: resources, select: select)
  }

  /// Of these pictures alone, in their order.
  func keeping(_ indices: [Int]) -> WorkImages {
    let isKept = Set(indices)
    var copy = self
    copy.pictures = pictures.filter { isKept.contains($0.index) }
    copy.selection = ImageSelection(listed: indices)
    return copy
  }

  /// The data set's indices in the order of the work.
  public var indices: [Int] { pictures.map(\.index) }

  /// Indices of pictures that are not there.
  public var absent: Set<Int> { Set(missing.map(\.index)) }

  /// Gives images with what was found out about their pictures.
  ///
  /// A picture that changed after it was checked is an `InputError`.
  public var provider: ImageProvider {
    let known = Dictionary(pictures.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    return { [images] index in
      let image = try images.identifiedImage(at: index)
      if let picture = known[index], let difference = image.picture?.difference(from: picture) {
        throw difference.inFile(images.file(at: index))
      }
      return image
    }
  }
}

extension WorkImages {
  /// Decodes every picture that is still to be done, and those that a run has finished and binds to; looks at sizes and
  /// labels, and keeps the digests.
  ///
  /// - Parameter threads: how many decode at once.
  /// - Returns: what a person should know about pictures that can be used.
  /// - Throws: `InputError` listing every picture that cannot be used and every finished one that has changed;
  ///   `CancellationError`.
  public mutating func check(
    classCount: Int? = nil, requiresLabels: Bool = false, threads: Int = 1
  ) async throws -> [String] {
    let absent = absent
    let present = indices.filter { !absent.contains($0) }
    let images = images
    let parts = try await inParallel(count: present.count, chunk: 16, threads: threads) { range in
      [try images.check(range.map { present[$0] }, classCount: classCount, requiresLabels: requiresLabels)]
    }
    var check = parts.reduce(into: PictureCheck()) { $0.append($1) }
    let changed = check.pictures.compactMap { picture in
      finished[picture.index].flatMap { recorded in
        picture.difference(from: recorded).map {
          PictureCheck.Offender(picture: picture, error: $0.inFile(images.file(at: picture.index)))
        }
      }
    }
    let isChanged = Set(changed.map(\.picture.index))
    check.pictures.removeAll { isChanged.contains($0.index) }
    check.offenders += changed
    try check.requireNone()
    let found = Dictionary(check.pictures.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    pictures = pictures.map { found[$0.index] ?? $0 }
    return check.notices
  }

  /// What is said about pictures of a run that are gone: one sentence about those to do, one about those done.
  public var missingNotices: [String] {
    func sentence(_ gone: [PictureIdentity], _ end: String) -> [String] {
      guard !gone.isEmpty else { return [] }
      let named = gone.prefix(20).map(\.place).joined(separator: ", ") + (gone.count > 20 ? ", …" : "")
      return [
        "\(gone.count) of the run's pictures \(gone.count == 1 ? "is" : "are") missing from the data set, \(end): \(named)"
      ]
    }
    return sentence(missing.filter { finished[$0.index] == nil }, "not done")
      + sentence(missing.filter { finished[$0.index] != nil }, "finished before")
  }

  /// What a person should know about the data.
  public func notices(for model: ModelOutline) -> [String] { images.notices(for: model) }
}

extension LabeledImageSet {
  /// What a person should know about how the data became a model's classes: what was left out, and how folders are
  /// labelled where their names do not tell or they are not the model's classes one by one.
  public func notices(for model: ModelOutline) -> [String] {
    guard let mapping = classMapping, mapping.basis == .order || mapping.entries.count != model.classCount else {
      return notices
    }
    let isGuessed = mapping.basis == .names && (model.classNames.isEmpty || model.guessesNames)
    let whose =
      model.classCount == CIFAR10.classNames.count ? "CIFAR-10's" : "ImageNet's, counted as its sorted synsets"
    return notices + [mapping.description]
      + (isGuessed ? ["the model does not name its classes; the folders are called after \(whose)"] : [])
  }
}

extension RunManifest.Data {
  /// What a record says of a data set.
  ///
  /// - Throws: `InputError` for data that cannot be read.
  public init(_ images: WorkImages) throws { try self.init(images.images, source: images.source) }

  /// What a record says of a data set; the classes are called as the model calls them where the data do not name them.
  ///
  /// - Throws: `InputError` for data that cannot be read.
  public init(_ images: WorkImages, for model: ModelOutline) throws {
    try self.init(images)
    if classNames == nil, !model.guessesNames { classNames = ClassNames(model.classNames).known }
  }
}

extension RunManifest {
  /// - Throws: `InputError` where data whose pictures have no names are too few for the images that the run takes.
  fileprivate func requireSelected(in data: any LabeledImageSet, source: String) throws {
    guard let last = images.last, last >= data.count else { return }
    throw InputError(
      "the data set has fewer images than the run to be continued takes from it", file: source,
      expected: "image \(last) to be there, of \(self.data.size) images when the run began",
      found: "\(data.count) images")
  }
}

extension ImageSelection {
  /// From `first` on every `stride`th image; without a count up to `most` of those that there are.
  public init(first: Int = 0, stride: Int = 1, count: Int?, most: Int, of size: Int) {
    let available = first < size ? (size - 1 - first) / stride + 1 : 0
    self.init(first: first, stride: stride, count: count ?? max(1, min(most, available)))
  }
}
