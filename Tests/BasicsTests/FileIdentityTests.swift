import Basics
import Foundation
import Testing

@Suite("Which file a path leads to") struct FileIdentityTests {
  @Test("links of both kinds and detours lead to one place, other files to others")
  func places() throws {
    let files = FileManager.default
    let folder = files.temporaryDirectory.appendingPathComponent("ndc-test-\(UUID().uuidString)")
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? files.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a").path
    try Data("a".utf8).write(to: URL(fileURLWithPath: path))
    try Data("a".utf8).write(to: URL(fileURLWithPath: path + "-copy"))
    try files.createSymbolicLink(atPath: path + "-link", withDestinationPath: path)
    try files.linkItem(atPath: path, toPath: path + "-hard")
    let place = FileIdentity.place(path)
    for name in [
      path + "-link", path + "-hard", "\(folder.path)/./a", "\(folder.path)/../\(folder.lastPathComponent)/a",
    ] {
      #expect(FileIdentity.place(name) == place, "\(name)")
    }
    #expect(FileIdentity.place(path + "-copy") != place)
    // Not there: the folder and the name decide.
    #expect(FileIdentity.place("\(folder.path)/new") == FileIdentity.place("\(folder.path)/./new"))
    #expect(FileIdentity.place("\(folder.path)/new") != FileIdentity.place("\(folder.path)/newer"))
  }
}
