import Basics
import Datasets
import Foundation
import Models
import Records

/// What a command reads and where it writes, held against each other before any work: an output never destroys an input.
///
/// Refused is an output that is one of the inputs, by its path or through a link; one of a run directory's own files,
/// there already or not; a file that is there and not of the output's kind; a folder; two outputs in one file; and what
/// would lie among the class folders or pictures of a data set, which could then not be read any more.
public struct FilePlan: Sendable {
  private struct Output: Sendable {
    var option: String
    var path: String
    /// nil for a run directory.
    var kind: OutputKind?
  }

  private var inputs: [String] = []
  /// Those of data sets.
  private var data: [String] = []
  private var outputs: [Output] = []

  public init() {}

  /// A file or a folder; nil where the user names none.
  public mutating func read(_ path: String?) {
    if let path { inputs.append(path) }
  }

  /// A model as `--model` names it.
  public mutating func read(model: String?) {
    if let model { inputs += ModelReference((try? BundledModel.path(naming: model)) ?? model).paths }
  }

  /// A data set as `--data` names it.
  public mutating func read(data source: String?) {
    guard let source else { return }
    inputs += DataSource.paths(source)
    data += DataSource.paths(source)
  }

  /// A run directory with the model and the data that it names, or a table.
  public mutating func read(run: String) {
    read(run)
    guard FileIdentity(run)?.isFolder == true else { return }
    inputs += RunFile.own(in: run)
    guard let origin = try? RunOrigin.read(run) else { return }
    read(model: origin.model?.source)
    read(origin.model?.unconditionalSource)
    read(data: origin.data?.source)
  }

  /// A file to write.
  ///
  /// - Parameter option: what the user calls it, for messages.
  public mutating func write(_ path: String?, _ kind: OutputKind, option: String) {
    if let path { outputs.append(Output(option: option, path: path, kind: kind)) }
  }

  /// A run directory to write; what it may hold already is `RunDirectory`'s to say.
  public mutating func write(run: String?, option: String) {
    if let run { outputs.append(Output(option: option, path: run, kind: nil)) }
  }

  /// - Throws: `UsageError` naming the output and what it would destroy; `InputError` for one that cannot be written.
  public func check() throws {
    var places: [FileIdentity.Place: String] = [:]
    for input in inputs { places[FileIdentity.place(input)] = input }
    var taken: [FileIdentity.Place: String] = [:]
    for output in outputs {
      let named = output.option.isEmpty ? output.path : "\(output.option) \(output.path)"
      let place = FileIdentity.place(output.path)
      if let input = places[place] {
        throw UsageError(
          text: input == output.path
            ? "\(named) is also what is read, and would be overwritten; name another file"
            : "\(named) is the same file as \(input), which is read, and would overwrite it; name another file")
      }
      if let other = taken.updateValue(output.option, forKey: place) {
        throw UsageError(text: "\(named) is what \(other) writes too; name another file")
      }
      try requireOutsideData(output, named)
      try check(output, named)
    }
  }

  private func requireOutsideData(_ output: Output, _ named: String) throws {
    let folder = URL(fileURLWithPath: output.path).resolvingSymlinksInPath().deletingLastPathComponent()
    // A run directory would be a class's folder, a file a picture in one.
    guard let place = FileIdentity(output.kind == nil ? folder.path : folder.path + "/.."),
      let source = data.first(where: { FileIdentity($0) == place }), Self.holdsFolders(source, besides: output.path)
    else { return }
    throw UsageError(
      text: output.kind == nil
        ? "\(named) would lie among the class folders of \(source) and be taken for one; name a folder elsewhere"
        : "\(named) would lie among the pictures of \(source) and be taken for one; name another folder")
  }

  private static func holdsFolders(_ folder: String, besides path: String) -> Bool {
    let own = FileIdentity(path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.contains { name in
      guard !name.hasPrefix("."), let found = FileIdentity("\(folder)/\(name)") else { return false }
      return found.isFolder && found != own
    }
  }

  private func check(_ output: Output, _ named: String) throws {
    let found = FileIdentity(output.path)
    guard let kind = output.kind else {
      if let found, !found.isFolder {
        throw UsageError(text: "\(named) is a file where a folder is wanted; name another one")
      }
      return
    }
    let target = URL(fileURLWithPath: output.path).resolvingSymlinksInPath()
    let folder = target.deletingLastPathComponent().path
    for path in [output.path, target.path] where RunFile.isOwn(path) {
      throw UsageError(text: "\(named) would replace one of a run directory's own files; name another file")
    }
    guard let found else {
      guard FileIdentity(folder)?.isFolder == true else {
        throw InputError("cannot write: no such folder", file: output.path)
      }
      guard access(folder, W_OK | X_OK) == 0 else {
        throw InputError("cannot write to the folder: \(String(cString: strerror(errno)))", file: output.path)
      }
      return
    }
    if found.isFolder { throw UsageError(text: "\(named) is a folder; name a file to write") }
    if found.isBlockDevice { throw UsageError(text: "\(named) is a device that holds data; name a file to write") }
    // A terminal or a pipe holds nothing.
    guard found.isRegular else { return }
    let file: MappedFile
    do {
      file = try MappedFile(path: output.path)
    } catch let error as InputError {
      throw UsageError(
        text: "\(named) is there already, and whether it is \(kind.rawValue) cannot be told (\(error.problem)); "
          + "remove it first or name another file")
    }
    defer { withExtendedLifetime(file) {} }
    guard !kind.isHeld(in: file, path: output.path) else { return }
    let advice = "remove it first or name another"
    throw UsageError(
      text: "\(named) is there already and is not \(kind.rawValue), but \(FileKind.describe(file.bytes)); "
        + (output.option.isEmpty ? advice : "\(output.option) names the file to write: \(advice)"))
  }
}
