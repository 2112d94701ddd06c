import Basics
import Foundation

/// Parts of a run put together: the records that one machine would have left, but for times.
///
/// Parts are the shards of one whole, or runs of one manifest but for their images. A part may come twice, finished or
/// not, as a task that was run twice leaves it; its images count once.
public struct RunMerge {
  /// run.json of the whole, its command line apart.
  public let manifest: RunManifest
  /// In the order of the whole.
  public let records: [ImageRecord]
  /// records.jsonl.
  let lines: [UInt8]

  /// Images that no part has finished.
  public var missing: Int { manifest.partialOf.map { $0 - records.count } ?? 0 }

  /// Reads run directories and puts them together.
  ///
  /// - Parameters:
  ///   - parts: run directories.
  ///   - partial: what is there is enough.
  /// - Throws: `InputError` for parts that are not of one run, naming the field and both values; for two records of one
  ///   image that differ; for missing images, naming the shards, unless `partial`; for files that do not hold what they
  ///   should. `UsageError` where there is no part.
  public init(_ parts: [String], partial: Bool = false) throws {
    try self.init(parts.map { try RunPart(path: $0) }, partial: partial)
  }

  package init(_ parts: [RunPart], partial: Bool) throws {
    guard let first = parts.first else { throw UsageError(text: "there is nothing to merge") }
    for part in parts { try part.requireWhole() }
    for part in parts.dropFirst() { try part.require(sameRunAs: first) }
    let whole = WholeRun(parts)
    var found = Found(whole)
    for part in parts { try found.add(part) }

    let present = found.present
    guard !present.isEmpty else {
      throw InputError("none of the parts has finished an image", file: first.path)
    }
    if present.count < whole.count, !partial { throw whole.missing(parts, present: present.count) }
    records = present.map { $0.part.records[$0.place] }
    lines = present.reduce(into: []) { $0 += $1.part.line($1.place) }

    var manifest = first.manifest
    manifest.shard = nil
    manifest.created = parts.map(\.manifest.created).min() ?? manifest.created
    manifest.claim = whole.claim
    let isPartial = present.count < whole.count
    manifest.merged = MergedParts(
      parts: parts.map(\.description), partialOf: isPartial ? whole.count : nil)
    manifest.images = isPartial ? ImageSelection(listed: records.map(\.index)) : whole.selection(records.map(\.index))
    if manifest.pictures != nil {
      manifest.pictures = RunPictures(present.map(\.picture))
      if !isPartial { try whole.requirePictures(present.map(\.picture), file: first.path) }
    }
    self.manifest = manifest
  }

  /// What was found of each image.
  fileprivate struct Found {
    struct Record {
      var part: RunPart
      var place: Int
      /// As the part lists it, or else as its record knows it.
      var picture: PictureIdentity {
        part.manifest.pictures?.listed?[place] ?? part.records[place].identity
      }
    }

    private let whole: WholeRun
    private var byPosition: [Int: Record] = [:]

    init(_ whole: WholeRun) { self.whole = whole }

    var present: [Record] { byPosition.sorted { $0.key < $1.key }.map(\.value) }

    mutating func add(_ part: RunPart) throws {
      for place in part.records.indices {
        let position = whole.position(of: part, place)
        let record = Record(part: part, place: place)
        guard let other = byPosition[position] else {
          byPosition[position] = record
          continue
        }
        try record.requireEqual(other)
      }
    }
  }
}

extension RunMerge.Found.Record {
  /// - Throws: `InputError` where two records of one image differ in more than times.
  fileprivate func requireEqual(_ other: Self) throws {
    let (mine, theirs) = (part.records[place], other.part.records[other.place])
    var timed = mine
    timed.seconds = theirs.seconds
    guard timed != theirs || picture != other.picture else { return }
    let file = part.path + "/" + RunFile.recordsName
    let difference = try FieldComparison.failures(
      JSONValue(encoding: mine), JSONValue(encoding: theirs), file: file, problem: "differs", leavingOut: ["seconds"]
    ).first
    throw InputError(
      "image \(mine.index) has another record in \(other.part.path)", file: file,
      location: "line \(place + 1)" + (difference?.field.map { ", field \"\($0)\"" } ?? ""),
      expected: difference?.expected ?? other.picture.place, found: difference?.found ?? picture.place)
  }
}
