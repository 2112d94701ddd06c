import Records
import Basics
import Certification
import Foundation
import Statistics

extension ReportedRun {
  /// Reads a run directory, or a table of another tool.
  ///
  /// - Parameters:
  ///   - path: a folder that holds run.json and records.jsonl, or a file.
  ///   - name: what the user calls it; several runs of one name are one method at several σ.
  /// - Throws: `InputError` naming the file, the line and the field.
  public static func read(_ path: String, name: String? = nil) throws -> ReportedRun {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError("no such run or table", file: path, expected: "a run directory or a .tsv file")
    }
    return isFolder.boolValue ? try readRun(path, name: name) : try readTable(path, name: name)
  }

  /// In pixels: no picture is that large.
  static let largestRadius = 1e9
  private static let largestManifest = 16 << 20
  private static let largestRecords = 4 << 30

  private static func readRun(_ path: String, name: String?) throws -> ReportedRun {
    let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let manifestFile = folder + "/run.json"
    guard FileManager.default.fileExists(atPath: manifestFile) else {
      throw InputError("no run in this folder", file: folder, expected: "run.json and records.jsonl")
    }
    let manifest = try BoundedFile.read(manifestFile, limit: largestManifest, growth: BoundedFile.jsonGrowth)
    let origin = RunOrigin(try StableJSON.decode(JSONValue.self, from: manifest, file: manifestFile))
    guard case .object = origin.manifest else {
      throw InputError("not a run's description", file: manifestFile, expected: "a JSON object")
    }
    let recordsFile = folder + "/records.jsonl"
    // Only its size: the run's own reader takes it from there.
    let size = try MappedFile(path: recordsFile).bytes.count
    guard size <= largestRecords else {
      throw InputError("too large", file: recordsFile, expected: "at most 4 GiB", found: "\(size) bytes")
    }
    let records = try RunDirectory.readRecords(folder)
    guard !records.isEmpty else { throw InputError("the run has no finished image yet", file: recordsFile) }
    try check(records, file: recordsFile)

    var notes: [String] = []
    if let count = origin.imageCount, count > records.count {
      notes.append("The run is not finished: \(records.count) of \(count) images.")
    }
    if origin.isTargetStopped {
      let radii = origin.targetRadii.map(DecimalText.radius).joined(separator: ", ")
      notes.append(
        "Voting stopped as soon as the target radius (\(radii)) was decided. The ACR and every radius beyond the target "
          + "say where voting stopped: they are not comparable with those of other runs.")
    }
    if let sigma = origin.sigma, let note = overclaims(records, sigma: sigma, alpha: origin.alpha) {
      notes.append(note)
    }
    let invalid = records.reduce(0) { $0 + $1.invalidVotes + $1.invalidSelectionVotes }
    if invalid > 0 { notes.append("\(invalid) votes ended in NaN; they count against the predicted class.") }
    let sigma = origin.sigma
    let method = origin.classifierName ?? URL(fileURLWithPath: folder).lastPathComponent
    return ReportedRun(
      name: named(name ?? method, sigma: sigma), method: name ?? origin.methodKey, source: path, sigma: sigma,
      images: records.map(CertifiedImage.init), origin: origin, notes: notes)
  }

  /// Names records whose radius is larger than their votes certify: an edited file, or a fault.
  private static func overclaims(_ records: [ImageRecord], sigma: Double, alpha: Double?) -> String? {
    guard sigma > 0, sigma.isFinite, let alpha, alpha > 0, alpha < 1 else { return nil }
    var known: [Bound: Double] = [:]
    var lines: [Int] = []
    for (position, record) in records.enumerated() {
      guard let radius = record.outcome.radius else { continue }
      // At the run's level, whatever level the record claims to be at.
      let bound = record.bound(atLevel: alpha)
      let value = known[bound] ?? bound.value
      known[bound] = value
      let certified = CertifiedRadius.radius(sigma: sigma, lowerBound: value) ?? 0
      // Another processor's last digits are no overclaim.
      if radius > certified * (1 + 1e-9) { lines.append(position + 1) }
    }
    guard let first = lines.first else { return nil }
    return
      "\(lines.count) records claim a larger radius than their votes certify (first on line \(first) of records.jsonl)."
  }

  static func named(_ name: String, sigma: Double?) -> String {
    sigma.map { "\(name), σ = \(DecimalText.radius($0))" } ?? name
  }

  private static func check(_ records: [ImageRecord], file: String) throws {
    var seen: [Int: Int] = [:]
    for (position, record) in records.enumerated() {
      if let first = seen.updateValue(position, forKey: record.index) {
        throw InputError(
          "an image is recorded twice", file: file, location: "line \(position + 1), field \"index\"",
          found: "image \(record.index), also on line \(first + 1)")
      }
      guard (record.outcome.radius ?? 0) <= largestRadius else {
        throw InputError(
          "not a radius in pixels", file: file, location: "line \(position + 1), field \"radius\"",
          expected: "at most \(Int(largestRadius))", found: "\(record.outcome.radius ?? 0)")
      }
      guard record.votes.count == records[0].votes.count else {
        throw InputError(
          "another number of classes than before", file: file, location: "line \(position + 1), field \"votes\"",
          expected: "\(records[0].votes.count)", found: "\(record.votes.count)")
      }
    }
  }

  private static func readTable(_ path: String, name: String?) throws -> ReportedRun {
    let table = try ForeignTable(path: path)
    let url = URL(fileURLWithPath: path)
    let sigma = ForeignTable.sigma(inPath: path)
    let given = url.deletingPathExtension().lastPathComponent
    let notes = table.quirks.map(\.description) + ["Read from a table that keeps neither votes, α nor σ’s unit."]
    return ReportedRun(
      name: name.map { named($0, sigma: sigma) } ?? url.lastPathComponent, method: name ?? "table \(path) \(given)",
      source: path, sigma: sigma, images: table.images, notes: notes)
  }
}

extension ReportedRun {
  /// Gives runs of the same name different ones, by their sources and at last by number.
  public static func distinguish(_ runs: inout [ReportedRun]) {
    for pass in 0..<2 {
      var positions: [String: [Int]] = [:]
      for (position, run) in runs.enumerated() { positions[run.name, default: []].append(position) }
      for same in positions.values where same.count > 1 {
        for (number, position) in same.enumerated() {
          let source = URL(fileURLWithPath: runs[position].source).lastPathComponent
          runs[position].name += pass == 0 ? " [\(source)]" : " (\(number + 1))"
        }
      }
    }
  }
}
