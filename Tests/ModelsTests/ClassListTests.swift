import Basics
import Checkpoints
import Foundation
import Models
import TestSupport
import Testing

@Suite struct ClassListTests {
  private static let small = DiffusionModelTests.small

  private static func inFile(_ text: String, _ body: (String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-classes-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(text.utf8).write(to: file)
    try body(file.path)
  }

  @Test func `a list is separated by commas, a file has one entry a line`() throws {
    #expect(try ClassList(text: "3, ship,5").entries == ["3", "ship", "5"])
    for text in ["3\nship\n5\n", "3\r\nship\r\n5", "\u{FEFF}3\r\n\r\n# boats\r\nship\r\n 5 \r\n\r\n"] {
      try Self.inFile(text) { path in
        let list = try ClassList(text: path)
        #expect(list.entries == ["3", "ship", "5"] && list.file == path)
      }
    }
    // A name may hold a comma in a file.
    try Self.inFile("tench, Tinca tinca\nship\n") { path in
      let list = try ClassList(text: path)
      #expect(list.entries.count == 2)
    }
  }

  @Test(arguments: ["", "3", "3,3", "3,,5", "3,5,", ",", "ship, ship"])
  func `lists that name no set of classes are refused`(text: String) {
    #expect(throws: UsageError.self) { try ClassList(text: text) }
  }

  @Test(arguments: ["", "\r\n", "3\r\n", "3\r\n3\r\n", "# 3\n5\n"])
  func `so are files`(text: String) throws {
    try Self.inFile(text) { path in #expect(throws: UsageError.self) { try ClassList(text: path) } }
  }

  @Test func `a folder of that name is no list`() throws {
    let folder = FileManager.default.temporaryDirectory.path
    let error = #expect(throws: UsageError.self) { try ClassList(text: folder) }
    #expect(error?.description.contains("at least two") == true)
  }

  @Test func `a model that knows no names takes labels alone`() throws {
    let model = try DiffusionModel.load(Self.small, precision: .fp32)
    #expect(model.classNames.isEmpty)
    #expect(try model.classes(ClassList(["7", "03"])).labels == [3, 7])
    for entries in [["3", "cat"], ["3", "10"], ["3", "-1"], ["3", "3.0"]] {
      let error = #expect(throws: UsageError.self) { try model.classes(ClassList(entries)) }
      #expect(error?.description.contains("0 … 9, and it does not know their names") == true)
    }
    #expect(throws: UsageError.self) { try model.classes(ClassList(["3", "03"])) }
  }

  @Test func `names come with a converted file, whose weights stay the same`() throws {
    let names = [
      "n01440764 tench, Tinca tinca", "n01443537 goldfish", "house finch", "n01608432 kite", "1999", "crane",
      "crane bird",
      "Egyptian cat", "tiger cat", "n07753592",
    ]
    var checkpoint = try Checkpoint.load(path: Self.small)
    let weights = checkpoint.weightsDigest()
    try Self.inFile("\u{FEFF}" + names.joined(separator: "\r\n") + "\r\n") { try checkpoint.nameClasses(file: $0) }
    let out = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: out) }
    try checkpoint.writeSafetensors(to: out.path)
    let model = try DiffusionModel.load(out.path, precision: .fp32)
    #expect(model.classNames == names && model.weightsDigest() == weights)
    func labels(_ entries: String...) throws -> [Int] { try model.classes(ClassList(entries)).labels }
    #expect(try labels("Tinca tinca", "EGYPTIAN_CAT", "n01443537") == [0, 1, 7])
    // A number that is no label may be a name; one that is a label is that.
    #expect(try labels("1999", "5") == [4, 5])
    #expect(throws: UsageError.self) { try labels("1999", "4") }
    #expect(throws: UsageError.self) { try labels("cat", "crane") }
  }

  @Test func `files that do not name each class once are refused`() throws {
    for text in [
      "a\nb\n", (0..<11).map { "c\($0)" }.joined(separator: "\n"), "a\na\nb\nc\nd\ne\nf\ng\nh\ni\n",
      "a\n\nb\nc\nd\ne\nf\ng\nh\ni\n",
    ] {
      var checkpoint = try Checkpoint.load(path: Self.small)
      try Self.inFile(text) { path in #expect(throws: InputError.self) { try checkpoint.nameClasses(file: path) } }
    }
  }

  @Test func `an analytic model's names are its data's`() throws {
    let model = try DiffusionModel.open(ModelReference("analytic:mnist"), resources: DiffusionModelTests.resources)
    #expect(model.classNames == (0..<10).map(String.init))
    #expect(try model.classes(ClassList(["8", "1"])).labels == [1, 8])
  }
}
