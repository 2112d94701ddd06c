import Foundation
import NumPyFiles
import Testing

@Suite("An output never destroys an input", .enabled(if: Program.isBuilt, Program.absent))
struct OutputSafetyTests {
  /// Whatever writes a file or a folder: the rest of the line, FILE in the place of what is written.
  private static let outputs: [String: [String]] = [
    "certify --out": ["--out", "FILE"], "predict --explain": ["picture.png", "--explain", "FILE"],
    "denoise --out": ["--x", "x.npy", "--sigma", "s.npy", "--out", "FILE"],
    "losses --out": ["--x", "x.npy", "--noise", "x.npy", "--grid", "s.npy", "--out", "FILE"],
    "calibrate --out": ["--data", "folder:pictures", "--out", "FILE"],
    "convert out": ["model.pkl", "FILE"], "quantize out": ["model.pkl", "FILE", "--calibration", "folder:pictures"],
    "report --out": ["table.tsv", "--out", "FILE"], "report --svg": ["table.tsv", "--svg", "FILE"],
    "report --csv": ["table.tsv", "--csv", "FILE"], "report --markdown": ["table.tsv", "--markdown", "FILE"],
    "report --latex": ["table.tsv", "--latex", "FILE"], "merge --out": ["shards", "--out", "FILE"],
  ]

  /// Options and arguments that name what is read.
  private static let inputs: Set = [
    "model", "unconditional-model", "data", "indices", "calibration", "x", "sigma.npy", "labels", "noise", "grid",
    "published", "image", "run|tsv", "run", "in", "a", "b", "input", "among", "class-names",
    "model-config", "unconditional-model-config", "dir",
  ]

  /// What values are called that name no file.
  private static let plain: Set = [
    "K", "N", "a", "c", "i", "k", "level", "levels", "loss", "method", "n", "n0", "n|all", "name", "precision",
    "preset", "r", "k/N", "rule", "s", "seconds", "shape", "share", "sigma", "T", "url", "weighting",
  ]

  private struct Dump: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable {
        var kind: String
        var name: String
      }
      var kind: String
      var valueName: String?
      var preferredName: Name?
    }
    struct Command: Decodable {
      var commandName: String
      var arguments: [Argument]?
      var subcommands: [Command]?
    }
    var command: Command
  }

  /// A new option or argument that names a file must be known here, and what is written is tried below.
  @Test("every option and argument is known to read, to write or to name no file")
  func allKnown() throws {
    let dump = try Program.run(["--experimental-dump-help"]).json(Dump.self)
    let commands = (dump.command.subcommands ?? []).filter { $0.commandName != "help" }
    #expect(commands.count >= 14)
    var written: Set<String> = []
    for command in commands {
      for argument in command.arguments ?? [] where argument.kind != "flag" {
        let value = argument.valueName ?? ""
        let name = argument.kind == "option" ? argument.preferredName?.name ?? value : value
        let output = "\(command.commandName) " + (argument.kind == "option" ? "--\(name)" : name)
        if Self.outputs[output] != nil {
          written.insert(output)
        } else {
          #expect(
            Self.inputs.contains(name) || Self.inputs.contains(value)
              || argument.kind == "option" && Self.plain.contains(value)
              || ["radius"].contains(command.commandName),
            "\(output) <\(value)>: say here whether it names a file, and try it if it writes one")
        }
      }
    }
    #expect(written == Set(Self.outputs.keys))
  }

  /// Bytes that begin as a picture does.
  private static let picture = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3, 4])
  private static let table = Data("idx\tlabel\tpredict\tradius\n0\t1\t1\t0.5\n".utf8)

  private static func write(_ folder: URL) throws {
    for name in ["picture.png", "model.pkl", "x.npy", "s.npy"] {
      try picture.write(to: folder.appendingPathComponent(name))
    }
    try table.write(to: folder.appendingPathComponent("table.tsv"))
  }

  private static func expectKept(
    _ line: [String], _ victim: String, in folder: URL, _ content: Data, _ location: SourceLocation = #_sourceLocation
  ) throws {
    let ending = try Program.run(line, in: folder)
    #expect(ending.status == 64, "\(line): \(ending.errors)", sourceLocation: location)
    #expect(ending.errors.contains(victim), "\(line): \(ending.errors)", sourceLocation: location)
    let now = try Data(contentsOf: folder.appendingPathComponent(victim))
    #expect(now == content, "\(line) changed \(victim)", sourceLocation: location)
  }

  @Test("nothing replaces a file of another kind, directly or through a link", arguments: outputs.keys.sorted())
  func otherKinds(output: String) throws {
    let command = String(output.prefix { $0 != " " })
    let rest = try #require(Self.outputs[output])
    try TemporaryFolder.with { folder in
      try Self.write(folder)
      let files = FileManager.default
      // What some outputs must be called.
      for (name, content) in [("victim.safetensors", Self.picture), ("other.safetensors", Self.table)] {
        let victim = folder.appendingPathComponent(name)
        try content.write(to: victim)
        try? files.removeItem(atPath: folder.file("link.safetensors"))
        try files.createSymbolicLink(atPath: folder.file("link.safetensors"), withDestinationPath: victim.path)
        for path in [name, "./\(name)", "link.safetensors"] {
          let ending = try Program.run([command] + rest.map { $0 == "FILE" ? path : $0 }, in: folder)
          #expect(ending.status == 64, "\(output) \(path): \(ending.errors)")
          #expect(try Data(contentsOf: victim) == content, "\(output) \(path)")
        }
      }
      guard !["certify", "merge"].contains(command) else { return }
      try files.createDirectory(atPath: folder.file("d.safetensors"), withIntermediateDirectories: true)
      let folders = try Program.run([command] + rest.map { $0 == "FILE" ? "d.safetensors" : $0 }, in: folder)
      #expect(folders.status == 64 && folders.errors.contains("folder"), "\(output): \(folders.errors)")
    }
  }

  @Test(
    "what stands there and cannot be looked into is not replaced",
    arguments: ["--out", "--svg", "--csv", "--markdown", "--latex"])
  func unreadable(option: String) throws {
    try TemporaryFolder.with { folder in
      try Self.write(folder)
      let victim = folder.appendingPathComponent("victim")
      try Data("mine".utf8).write(to: victim)
      // Larger than the process may map: it cannot be opened, whoever calls.
      try #require(truncate(victim.path, 6 << 30) == 0)
      let large = try Program(
        ["report", "table.tsv", option, "victim"], in: folder, addressSpace: 4 << 20
      ).wait()
      #expect(large.status == 64 && large.errors.contains("victim") && large.errors.contains("cannot be told"))
      #expect(try FileManager.default.attributesOfItem(atPath: victim.path)[.size] as? Int == 6 << 30)
      guard getuid() != 0 else { return }
      try Self.picture.write(to: victim)
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: victim.path)
      let closed = try Program.run(["report", "table.tsv", option, "victim"], in: folder)
      #expect(closed.status == 64 && closed.errors.contains("cannot be told"), "\(closed.errors)")
    }
  }

  @Test(
    "a folder that takes no files is said before any work",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self")))
  func closedFolder() throws {
    try TemporaryFolder.with { folder in
      try Self.write(folder)
      let ending = try Program.run(
        ["report", "table.tsv", "--svg", "curve.svg", "--csv", "/proc/self/curves.csv"], in: folder)
      #expect(ending.status == 65 && ending.errors.contains("/proc/self/curves.csv"), "\(ending.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("curve.svg")))
    }
  }

  @Test("nothing is put among a data set's class folders or pictures, which could not be read then")
  func amongPictures() throws {
    try TemporaryFolder.with { folder in
      let pictures = try PictureFolder.twelve(folder.appendingPathComponent("set"))
      let data = pictures.url.path
      func certify(_ out: String) throws -> Program.Ending {
        try Program.run(
          [
            "certify", "--model", "analytic:folder:\(data)", "--data", "folder:\(data)", "--timesteps", "3",
            "--samples",
            "10", "--selection-samples", "3", "--alpha", "0.1", "--count", "2", "--out", out,
          ], in: folder)
      }
      try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: data)
      for out in ["set/run", "\(data)/run", "link/run", "set/../set/run/"] {
        let ending = try certify(out)
        #expect(ending.status == 64 && ending.errors.contains("class folders"), "\(out): \(ending.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: pictures.url.file("run")))
      // Folders of nothing but folders are passed over.
      for out in ["run", "set/runs/one"] {
        let ending = try certify(out)
        #expect(ending.status == 0, "\(out): \(ending.errors)")
      }
      let page = try Program.run(["report", "run", "--gallery", "0", "--out", "set/0/page.html"], in: folder)
      #expect(page.status == 64 && page.errors.contains("pictures"), "\(page.errors)")
      let beside = try Program.run(["report", "run", "--gallery", "0", "--out", "set/page.html"], in: folder)
      let again = try certify("again")
      #expect(beside.status == 0 && again.status == 0, "\(beside.errors) \(again.errors)")
    }
  }

  @Test("nothing replaces what is read, though it be of the output's kind")
  func inputs() throws {
    try TemporaryFolder.with { folder in
      try Self.write(folder)
      let array = NumPyArray(shape: [1], [Float(1)])
      try array.write(to: folder.file("x.npy"))
      try array.write(to: folder.file("s.npy"))
      let content = try Data(contentsOf: folder.appendingPathComponent("x.npy"))
      try FileManager.default.linkItem(atPath: folder.file("x.npy"), toPath: folder.file("hard.npy"))
      try FileManager.default.createSymbolicLink(
        atPath: folder.file("soft.npy"), withDestinationPath: folder.file("x.npy"))
      for out in ["x.npy", "./x.npy", "hard.npy", "soft.npy"] {
        try Self.expectKept(
          ["denoise", "--x", "x.npy", "--sigma", "s.npy", "--out", out], "x.npy", in: folder, content)
      }
      try Self.expectKept(
        ["denoise", "--x", "x.npy", "--sigma", "s.npy", "--out", "s.npy"], "s.npy", in: folder, content)
      let page = Data("<!doctype html><title>x</title>".utf8)
      try page.write(to: folder.appendingPathComponent("page.html"))
      try Self.expectKept(["predict", "page.html", "--explain", "page.html"], "page.html", in: folder, page)
      try Self.expectKept(["report", "table.tsv", "--out", "table.tsv"], "table.tsv", in: folder, Self.table)
      // A flag taken for a switch.
      try Self.expectKept(["report", "--markdown", "table.tsv", "x.npy"], "table.tsv", in: folder, Self.table)
      try Self.expectKept(["predict", "--explain", "picture.png", "x.npy"], "picture.png", in: folder, Self.picture)
      let two = try Program.run(["report", "table.tsv", "--svg", "new", "--csv", "./new"], in: folder)
      #expect(two.status == 64 && two.errors.contains("--svg"), "\(two.errors)")
    }
  }

  @Test("a run directory's own files are nobody's outputs, whether there or not; a report beside them is fine")
  func runDirectories() throws {
    try SmallRun.with(.fixed) { run in
      let folder = run.folder
      let own = try FileManager.default.contentsOfDirectory(atPath: run.path)
      #expect(own.count >= 4)
      try FileManager.default.linkItem(atPath: run.path + "/records.jsonl", toPath: folder.file("hard"))
      try FileManager.default.createSymbolicLink(
        atPath: folder.file("soft"), withDestinationPath: run.path + "/run.json")
      func refuse(_ path: String, _ flags: [String] = ["--out", "--svg", "--csv", "--markdown", "--latex"]) throws {
        for flag in flags {
          let ending = try Program.run(["report", "run", flag, path], in: folder)
          #expect(ending.status == 64, "\(flag) \(path): \(ending.errors)")
        }
      }
      let before = try own.map { try Data(contentsOf: URL(fileURLWithPath: run.path + "/" + $0)) }
      for name in own { try refuse("run/" + name) }
      for path in ["hard", "soft", "run"] { try refuse(path) }
      #expect(try own.map { try Data(contentsOf: URL(fileURLWithPath: run.path + "/" + $0)) } == before)
      try refuse(run.model)
      try refuse("x.npy")
      try FileManager.default.removeItem(atPath: run.path + "/summary.json")
      try refuse("run/summary.json", ["--out"])
      for (flag, name) in [
        ("--out", "a.html"), ("--svg", "a.svg"), ("--csv", "a.csv"), ("--markdown", "a.md"), ("--latex", "a.tex"),
      ] {
        for _ in 0..<2 {
          let ending = try Program.run(["report", "run", "--gallery", "0", flag, "run/" + name], in: folder)
          #expect(ending.status == 0, "a \(name) is written, and again: \(ending.errors)")
        }
      }
      // Notes in which somebody keeps such a table are theirs.
      let notes = "# Notes\n\n" + (try String(contentsOfFile: run.path + "/a.md", encoding: .utf8)) + "\nGood.\n"
      try Data(notes.utf8).write(to: folder.appendingPathComponent("notes.md"))
      try refuse("notes.md", ["--markdown"])
    }
  }
}
