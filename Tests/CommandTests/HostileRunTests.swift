import Foundation
import Testing

/// A run directory from a stranger decides nothing about what is written outside it.
@Suite("Hostile run directories", .enabled(if: Program.isBuilt, Program.absent))
struct HostileRunTests {
  @Test(
    "a symbolic link in the place of a file is not written through",
    arguments: ["run.json", "records.jsonl", "certified.tsv", "summary.json", ".ndc-lock"])
  func links(name: String) throws {
    try SmallRun.with(.fixed) { run in
      let victim = run.folder.appendingPathComponent("victim")
      let file = run.files.folder.appendingPathComponent(name)
      // A copy, so that whoever reads finds nothing amiss.
      let content = try Data(contentsOf: file)
      try content.write(to: victim)
      let before = try FileManager.default.attributesOfItem(atPath: victim.path)[.modificationDate] as? Date
      try FileManager.default.removeItem(at: file)
      try FileManager.default.createSymbolicLink(at: file, withDestinationURL: victim)
      var grown = run
      grown.images = 8
      let ending = try grown.finish()
      #expect(ending.status == 65, "\(ending.errors)")
      #expect(ending.errors.contains(name) && ending.errors.contains("symbolic link"), "\(ending.errors)")
      #expect(try Data(contentsOf: victim) == content)
      #expect(try FileManager.default.attributesOfItem(atPath: victim.path)[.modificationDate] as? Date == before)
      // Once it is a file again the run goes on.
      try FileManager.default.removeItem(at: file)
      try content.write(to: file)
      #expect(try grown.finish().status == 0)
      #expect(try grown.verify("--redraw", "all").status == 0)
    }
  }

  @Test("a dangling link makes no file", arguments: ["records.jsonl", "summary.json", ".ndc-lock"])
  func danglingLink(name: String) throws {
    try SmallRun.with(.fixed) { run in
      let target = run.folder.appendingPathComponent("made-by-a-link")
      let file = run.files.folder.appendingPathComponent(name)
      try FileManager.default.removeItem(at: file)
      try FileManager.default.createSymbolicLink(at: file, withDestinationURL: target)
      let ending = try run.finish()
      #expect(ending.status == 65 && ending.errors.contains("symbolic link"), "\(ending.errors)")
      #expect(!FileManager.default.fileExists(atPath: target.path))
    }
  }

  @Test("files that would fill the memory are refused by their size, their lines or their number")
  func floods() throws {
    try SmallRun.with(.fixed) { run in
      let floods: [(name: String, text: String, problem: String)] = [
        ("run.json", "[" + String(repeating: "0,", count: 8 << 20) + "0]", "not enough memory"),
        ("records.jsonl", String(repeating: "\n", count: 4 << 20), "line 1"),
        ("records.jsonl", "{\"votes\":[" + String(repeating: "0,", count: 1 << 20) + "0]}\n", "line 1"),
        ("certified.tsv", String(repeating: "\n", count: 4 << 20), "more rows than records"),
      ]
      for (name, text, problem) in floods {
        let file = run.files.folder.appendingPathComponent(name)
        let original = try Data(contentsOf: file)
        try Data(text.utf8).write(to: file)
        // Half a gigabyte is what the program takes without any of this.
        let verified = try Program(["verify", run.path, "--redraw", "0"], addressSpace: 600_000).wait()
        #expect(verified.status == 65, "\(name): \(verified.errors)")
        #expect(
          (verified.output + verified.errors).contains(problem), "\(verified.output.prefix(500)) \(verified.errors)")
        if name != "certified.tsv" {
          let resumed = try Program(run.arguments + ["--resume"], addressSpace: 600_000).wait()
          #expect(resumed.status == 65 && resumed.errors.contains(problem), "\(resumed.errors)")
        }
        try original.write(to: file)
      }
    }
  }

  @Test("verifying and reporting write nothing into a run directory")
  func readOnly() throws {
    try SmallRun.with(.anytime) { run in
      func state() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: run.path).sorted().map { name in
          let attributes = try FileManager.default.attributesOfItem(atPath: run.files.folder.file(name))
          return
            "\(name) \(attributes[.size] ?? 0) \(attributes[.modificationDate] ?? 0) \(attributes[.systemFileNumber] ?? 0)"
        }
      }
      let before = try state()
      #expect(try run.verify("--redraw", "all").status == 0)
      #expect(try Program.run(["report", run.path, "--out", run.folder.file("page.html")]).status == 0)
      #expect(try state() == before)
    }
  }
}
