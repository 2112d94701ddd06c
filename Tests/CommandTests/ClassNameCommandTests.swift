import Foundation
import NumPyFiles
import Testing

/// Labels come from what folders' names mean, and people read names.
@Suite("Class names at the command line", .enabled(if: Program.isBuilt, Program.absent))
struct ClassNameCommandTests {
  private static let small = [
    "--sigma", "0.25", "--timesteps", "3", "--selection-samples", "3", "--samples", "20", "--alpha", "0.1",
  ]

  private struct Names: Decodable {
    struct Data: Decodable { var classNames: [String]? }
    var data: Data
  }

  private func certify(_ model: String, _ data: String, count: Int, in folder: URL) throws -> Program.Ending {
    try Program.run(
      ["certify", "--model", model, "--data", data, "--count", "\(count)", "--out", "run"] + Self.small, in: folder)
  }

  private func names(_ folder: URL) throws -> [String]? {
    try JSONDecoder().decode(Names.self, from: Data(contentsOf: folder.appendingPathComponent("run/run.json")))
      .data.classNames
  }

  @Test("folders 0 … 11 have these labels, and their own exact denoiser is right about all of them")
  func numbers() throws {
    try TemporaryFolder.with { folder in
      _ = try PictureFolder.twelve(folder.appendingPathComponent("set"))
      let ending = try certify("analytic:set", "set", count: 12, in: folder)
      #expect(ending.status == 0, "\(ending.errors)")
      let records = try RunFiles(folder: folder.appendingPathComponent("run")).records()
      #expect(records.map(\.label) == Array(0..<12) && records.allSatisfy(\.correct))
      #expect(try names(folder) == nil, "numbers are no names")
    }
  }

  @Test("three of CIFAR-10's folders get their own labels, said so, and people read their names")
  func cifar() throws {
    try TemporaryFolder.with { folder in
      let set = PictureFolder(url: folder.appendingPathComponent("set"))
      for (number, name) in ["cat", "dog", "ship"].enumerated() { try set.write("\(name)/1.npy", number: number) }
      let ending = try certify(TinyNetwork.grey.model, "set", count: 3, in: folder)
      #expect(ending.status == 0, "\(ending.errors)")
      let records = try RunFiles(folder: folder.appendingPathComponent("run")).records()
      #expect(records.map(\.label) == [3, 5, 8])
      #expect(ending.errors.contains("cat is 3, dog is 5, ship is 8"), "\(ending.errors)")
      #expect(ending.output.contains("5 (dog)"), "\(ending.output)")
      #expect(try names(folder)?[8] == "ship")
      let report = try Program.run(["report", "run", "--out", "page.html", "--gallery", "0"], in: folder)
      #expect(report.status == 0, "\(report.errors)")
      #expect(try String(contentsOfFile: folder.file("page.html"), encoding: .utf8).contains("8 (ship)"))
    }
  }

  @Test("other names are labelled in their order, and the mapping is printed")
  func order() throws {
    try TemporaryFolder.with { folder in
      let set = PictureFolder(url: folder.appendingPathComponent("set"))
      for (number, name) in ["apple", "pear"].enumerated() { try set.write("\(name)/1.npy", number: number) }
      let other = try certify(TinyNetwork.grey.model, "set", count: 2, in: folder)
      #expect(other.errors.contains("in the order of their names: apple is 0, pear is 1"), "\(other.errors)")

      // An exact denoiser knows its folders: of another set with some of them each keeps its label.
      let some = PictureFolder(url: folder.appendingPathComponent("some"))
      try some.write("pear/1.npy", number: 1)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("run"))
      let ending = try certify("analytic:set", "some", count: 1, in: folder)
      #expect(ending.status == 0 && ending.errors.contains("pear is 1"), "\(ending.errors)")
      #expect(try RunFiles(folder: folder.appendingPathComponent("run")).records().map(\.label) == [1])
      let predicted = try Program.run(
        ["predict", folder.file("set/pear/1.npy"), "--model", "analytic:set"] + Self.small, in: folder)
      #expect(predicted.output.contains("class 1 (pear)"), "\(predicted.output)\(predicted.errors)")
    }
  }

  @Test("a class without pictures is never an answer of the exact denoiser")
  func emptyClass() throws {
    try TemporaryFolder.with { folder in
      let set = PictureFolder(url: folder.appendingPathComponent("set"))
      for number in [0, 2] { try set.write("\(number)/1.npy", number: number) }
      try FileManager.default.createDirectory(
        atPath: folder.file("set/1"), withIntermediateDirectories: true)
      for method in ["apndc", "epndc", "dc"] {
        let ending = try Program.run(
          [
            "certify", "--model", "analytic:set", "--data", "set", "--out", method, "--method", method, "--skip-steps",
            "0",
          ] + Self.small + ["--timesteps", "6"], in: folder)
        #expect(ending.status == 0, "\(ending.errors)")
        let records = try RunFiles(folder: folder.appendingPathComponent(method)).records()
        #expect(records.map(\.predicted) == [0, 2] && records.allSatisfy { $0.votes[1] == 0 && $0.invalidVotes == 0 })
      }
    }
  }
}
