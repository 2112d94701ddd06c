import CFolders
import Foundation

/// A folder that appears under its name only when complete: whoever looks finds none, the old one or the whole new one.
public enum AtomicFolder {
  /// Fills a folder beside `path` and renames it; one that stands there already is exchanged for it in one step, and
  /// removed afterwards.
  ///
  /// Where the file system cannot exchange two folders, the old one is moved aside first: in between, `path` leads nowhere.
  /// - Parameters:
  ///   - mayReplace: asked before a folder that holds something is replaced; throws where it must stay.
  ///   - fill: writes the files, each already on the disk when it returns.
  /// - Throws: `InputError` naming `path` where it cannot be written; whatever `fill` and `mayReplace` throw. Nothing is
  ///   left then.
  public static func write(
    to path: String, mayReplace: (String) throws -> Void, fill: (_ folder: String) throws -> Void
  ) throws {
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let parent = target.deletingLastPathComponent()
    let temporary = UnfinishedOutputs.path(in: parent)
    do {
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    } catch {
      throw InputError("cannot make the folder", file: parent.path)
    }
    guard mkdir(temporary, 0o777) == 0 else { throw failure("cannot make a folder beside it", path) }
    UnfinishedOutputs.add(temporary)
    defer {
      // After an exchange, the old folder.
      try? FileManager.default.removeItem(atPath: temporary)
      UnfinishedOutputs.remove(temporary)
    }
    try fill(temporary)
    Durability.synchronise(folder: temporary)
    while true {
      // An empty folder is replaced; one that holds something is not.
      if rename(temporary, target.path) == 0 { break }
      guard [EEXIST, ENOTEMPTY].contains(errno) else { throw failure("cannot write", path) }
      try mayReplace(target.path)
      if cf_exchange(temporary, target.path) == 0 { break }
      // Another process may have taken it away in between.
      if errno == ENOENT { continue }
      guard [EINVAL, ENOSYS, ENOTSUP].contains(errno) else { throw failure("cannot replace", path) }
      let old = temporary + "-old"
      guard rename(target.path, old) == 0 || errno == ENOENT else { throw failure("cannot replace", path) }
      defer { try? FileManager.default.removeItem(atPath: old) }
      guard rename(temporary, target.path) != 0 else { break }
      let problem = failure("cannot replace", path)
      rename(old, target.path)
      guard [EEXIST, ENOTEMPTY].contains(errno) else { throw problem }
    }
    Durability.synchronise(folder: parent.path)
  }

  private static func failure(_ problem: String, _ path: String) -> InputError {
    InputError("\(problem): \(String(cString: strerror(errno)))", file: path)
  }
}
