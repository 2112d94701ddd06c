import Basics
import Foundation

extension RunMerge {
  /// Writes the run directory of the whole: all of it, or nothing.
  ///
  /// An earlier merged run in its place is replaced in one step, so that whoever looks finds the one or the other, whole;
  /// of two merges at once the last one stays.
  /// - Throws: `UsageError` for a folder that holds anything else; `InputError` where it cannot be written.
  @discardableResult
  public func write(to path: String) throws -> RunSummary {
    var manifest = manifest
    manifest.arguments = Self.arguments(manifest.arguments, out: path)
    let summary = RunSummary(records, of: manifest)
    try AtomicFolder.write(to: path, mayReplace: Self.requireMerged) { folder in
      func write(_ bytes: [UInt8], _ name: String) throws {
        try AtomicFile.write(bytes, to: folder + "/" + name, followsLinks: false)
      }
      try write(RunDirectory.text(manifest, file: path + "/" + RunFile.manifestName), RunFile.manifestName)
      try write(lines, RunFile.recordsName)
      try write(Array(CertifiedTable.text(records).utf8), RunFile.tableName)
      try write(StableJSON.text(summary), RunFile.summaryName)
    }
    return summary
  }

  /// - Throws: `UsageError` where the folder is anything but a merged run with nothing beside it.
  public static func requireMerged(_ path: String) throws {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let advice = "name another folder with --out"
    let own = RunFile.names.union(names.filter { $0.hasPrefix(RunDirectory.hiddenPrefix) })
    guard names.contains(where: { !$0.hasPrefix(RunDirectory.hiddenPrefix) }) else { return }
    if let other = names.filter({ !own.contains($0) }).min() {
      throw UsageError(text: "\(path) holds something else than a merged run (\(other)); \(advice)")
    }
    guard let manifest = try? RunDirectory.readManifest(path), manifest.merged != nil else {
      throw UsageError(text: "\(path) holds a run that was not merged; \(advice)")
    }
    if let holder = RunLock.holder(directory: path) {
      throw UsageError(text: "\(path) is being written by another run (\(holder)); wait for it or end it")
    }
  }

  /// The command line that one machine would have been given.
  private static func arguments(_ arguments: [String], out: String) -> [String] {
    var kept: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--shard", "--out": _ = rest.popFirst()
      case "--resume": continue
      default:
        if ["--shard=", "--out="].contains(where: argument.hasPrefix) { continue }
        kept.append(argument)
      }
    }
    return kept + ["--out", out]
  }
}
