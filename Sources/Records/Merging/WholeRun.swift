import Basics

/// The run that parts are parts of: how many images it has, and which place each has in it.
struct WholeRun {
  private let manifest: RunManifest
  private let shard: RunShard?
  /// Of runs that are no shards: every image that one of them is about, ascending.
  private let union: [Int]
  private let places: [Int: Int]
  /// N of the joint claim: the whole's, or the sum of what each run claims of itself; nil where one fixed none.
  let claim: Int?

  init(_ parts: [RunPart]) {
    manifest = parts[0].manifest
    shard = manifest.shard
    if shard != nil {
      (union, places) = ([], [:])
      claim = manifest.claim
      return
    }
    union = Set(parts.flatMap(\.indices)).sorted()
    places = Dictionary(uniqueKeysWithValues: union.enumerated().map { ($1, $0) })
    claim = parts.reduce(0 as Int?) { sum, part in
      guard let sum, let claim = part.manifest.claim else { return nil }
      return min(sum + claim, RunManifest.largestCount)
    }
  }

  /// How many images it has.
  var count: Int { shard?.images ?? union.count }

  /// Where the image of a part's record stands in the whole.
  func position(of part: RunPart, _ place: Int) -> Int {
    guard let shard = part.manifest.shard else { return places[part.indices[place]] ?? 0 }
    // A shard whose missing pictures came last is not in the whole's order; where indices tell the place, they do.
    if part.manifest.images.listed == nil, let first = shard.selection.first, let stride = shard.selection.stride,
      stride > 0
    {
      return (part.indices[place] - first) / stride
    }
    return shard.index + place * shard.of
  }

  /// The selection of the complete whole.
  func selection(_ indices: [Int]) -> ImageSelection {
    if let shard {
      guard manifest.images.listed == nil, let first = shard.selection.first, let stride = shard.selection.stride
      else { return ImageSelection(listed: indices) }
      return ImageSelection(first: first, stride: stride, count: shard.images)
    }
    let stride = indices.count > 1 ? indices[1] - indices[0] : 1
    let plain = ImageSelection(first: indices[0], stride: stride, count: indices.count)
    return plain.positions(indices.count) == indices ? plain : ImageSelection(listed: indices)
  }

  /// - Throws: `InputError` where the pictures of all parts together are not those of the whole.
  func requirePictures(_ pictures: [PictureIdentity], file path: String) throws {
    guard let shard else { return }
    let found = RunShard.digest(pictures)
    guard found != shard.pictures else { return }
    throw InputError(
      "the parts' pictures are not the whole's", file: path + "/" + RunFile.manifestName,
      location: "field \"shard.pictures\"", expected: shard.pictures, found: found)
  }

  /// Why the parts are not the whole: which shards are missing, and which are not finished.
  func missing(_ parts: [RunPart], present: Int) -> InputError {
    var reasons: [String] = []
    if let shard {
      let known = Set(parts.compactMap(\.manifest.shard?.index))
      let absent = (0..<min(shard.of, shard.images)).filter { !known.contains($0) }
      if !absent.isEmpty {
        reasons.append("no part is shard " + Self.list(absent.map { "\($0)/\(shard.of)" }))
      }
    }
    let unfinished = parts.filter { !$0.isComplete }.map { part in
      "\(part.path) has \(part.records.count) of \(part.indices.count)"
        + (part.holder.map { ", and is being written (\($0))" } ?? "")
    }
    if !unfinished.isEmpty { reasons.append(Self.list(unfinished)) }
    return InputError(
      "\(count - present) of \(count) images are missing: " + reasons.joined(separator: "; "),
      expected: "all of them, or --partial", found: "\(present)")
  }

  private static func list(_ items: [String]) -> String {
    items.prefix(10).joined(separator: ", ") + (items.count > 10 ? " and \(items.count - 10) more" : "")
  }
}

extension RunPart {
  /// - Throws: `InputError` for what is itself put together of some parts.
  func requireWhole() throws {
    guard manifest.partialOf != nil else { return }
    throw InputError(
      "a partly merged run is no part: merge its parts", file: path + "/" + RunFile.manifestName,
      location: "field \"merged.partialOf\"", expected: "absent", found: "\(manifest.partialOf ?? 0)")
  }

  /// - Throws: `InputError` naming every field in which two parts differ that changes records.
  func require(sameRunAs other: RunPart) throws {
    let (mine, theirs) = (manifest.mergeable, other.manifest.mergeable)
    guard mine != theirs else { return }
    let (found, expected) = (
      try JSONValue(encoding: mine).leaves(), try JSONValue(encoding: theirs).leaves()
    )
    let fields = Set(found.keys).union(expected.keys).filter { found[$0] != expected[$0] }.sorted()
    guard let field = fields.first else { return }
    let others = fields.dropFirst().map {
      "; \($0) is \(RunManifest.brief(found[$0])), not \(RunManifest.brief(expected[$0]))"
    }
    throw InputError(
      "not a part of the same run as \(other.path)" + others.joined(), file: path + "/" + RunFile.manifestName,
      location: "field \"\(field)\"", expected: RunManifest.brief(expected[field]),
      found: RunManifest.brief(found[field]))
  }
}

extension RunManifest {
  /// What must be the same in all parts of a run: everything that a vote depends on, the data, and the whole selection.
  fileprivate var mergeable: RunManifest {
    var same = withoutLists
    // Whether pictures are bound one by one.
    same.pictures = pictures.map { _ in RunPictures([]) }
    same.arguments = []
    same.created = ""
    same.model.source = ""
    same.model.unconditionalSource = model.unconditionalSource.map { _ in "" }
    same.model.classifierSource = model.classifierSource.map { _ in "" }
    same.model.served?.server = nil
    same.model.served?.serverVersion = nil
    same.model.served?.versions = nil
    same.data.source = ""
    same.data.classNames = nil
    same.execution = Execution(threads: 1, batch: 1)
    same.host.name = ""
    same.host.system = ""
    same.host.processor = ""
    same.host.cores = 0
    same.images = ImageSelection(count: 0)
    same.shard?.index = 0
    if shard == nil { same.claim = nil }
    return same
  }
}
