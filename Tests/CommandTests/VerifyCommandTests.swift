import Foundation
import NumPyFiles
import Testing

@Suite("ndc verify", .enabled(if: Program.isBuilt, Program.absent))
struct VerifyCommandTests {
  struct Report: Decodable {
    struct Failure: Decodable {
      var file: String
      var line: Int?
      var field: String?
      var expected: String?
      var found: String?
    }
    var verdict: String
    var images: Int
    var redrawn: [Int]
    var confirmed: Int
    var failures: [Failure]
    var unchecked: [Failure]
  }

  /// Verifies and expects a failure at a place.
  private func expectFailure(
    _ run: SmallRun, file: String, line: Int? = nil, field: String? = nil, redraw: String = "0",
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let ending = try run.verify("--json", "--redraw", redraw)
    #expect(ending.status == 65, "\(ending.errors)", sourceLocation: location)
    #expect(ending.errors.contains("does not hold"), "\(ending.errors)", sourceLocation: location)
    let report = try ending.json(Report.self)
    #expect(report.verdict == "fails", sourceLocation: location)
    let found = report.failures.contains {
      $0.file.hasSuffix(file) && (line == nil || $0.line == line) && (field == nil || $0.field == field)
    }
    #expect(found, "\(report.failures)", sourceLocation: location)
  }

  @Test("an honest run holds, whatever is drawn again", arguments: SmallRun.Stop.allCases, [true, false])
  func honest(stop: SmallRun.Stop, usesNetwork: Bool) throws {
    try SmallRun.with(stop, usesNetwork: usesNetwork) { run in
      for redraw in ["0", "2", "all"] {
        let ending = try run.verify("--json", "--redraw", redraw)
        #expect(ending.status == 0, "\(ending.output) \(ending.errors)")
        let report = try ending.json(Report.self)
        #expect(report.verdict == "holds" && report.failures.isEmpty && report.images == 6)
        #expect(report.redrawn.count == (redraw == "all" ? 6 : Int(redraw)) && report.confirmed == report.redrawn.count)
      }
      let plain = try run.verify()
      #expect(plain.status == 0 && plain.output.contains("holds") && plain.output.contains("seed"))
      // The same seed draws the same images.
      let draws = try [1, 1, 2, 3, 4].map { seed in
        try run.verify("--json", "--redraw", "2", "--seed", "\(seed)").json(Report.self).redrawn
      }
      #expect(draws[0] == draws[1] && Set(draws).count > 1)
    }
  }

  @Test("an edited vote, radius or row, a missing, duplicated or misplaced record is found and named")
  func edits() throws {
    try SmallRun.with(.fixed) { run in
      let names = ["records.jsonl", "certified.tsv", "summary.json", "run.json"]
      let originals = try names.map { try run.files.text($0) }
      func restoring(_ body: () throws -> Void) throws {
        try body()
        for (name, text) in zip(names, originals) {
          try Data(text.utf8).write(to: run.files.folder.appendingPathComponent(name))
        }
      }
      func replace(_ name: String, line: Int, _ pattern: String, _ replacement: String) throws {
        try run.edit(name) { lines in
          let edited = lines[line].replacingOccurrences(of: pattern, with: replacement, options: .regularExpression)
          try #require(edited != lines[line], "\(lines[line]) has no \(pattern)")
          lines[line] = edited
        }
      }
      // A vote moved from class to class, so that the sum stays.
      try restoring {
        let votes = try run.files.records()[2].votes
        var moved = votes
        let leader = try #require(votes.firstIndex { $0 > 0 })
        moved[leader] -= 1
        moved[(leader + 1) % 10] += 1
        func text(_ votes: [Int]) -> String { votes.map(String.init).joined(separator: ",") }
        try replace("records.jsonl", line: 2, "\"votes\":\\[\(text(votes))\\]", "\"votes\":[\(text(moved))]")
        let candidate = try run.verify("--json", "--redraw", "0")
        // Where neither class is the candidate the bound stays: only drawing again tells.
        if candidate.status == 0 {
          try expectFailure(run, file: "records.jsonl", line: 3, field: "votes", redraw: "all")
        } else {
          try expectFailure(run, file: "records.jsonl", line: 3, field: "bound.successes")
        }
      }
      try restoring {
        try replace("records.jsonl", line: 1, #""radius":[^,]*"#, "\"radius\":0.31")
        try expectFailure(run, file: "records.jsonl", line: 2, field: "radius")
      }
      try restoring {
        try replace("records.jsonl", line: 1, #""pLower":([0-9.]*)[0-9]"#, "\"pLower\":$1")
        try expectFailure(run, file: "records.jsonl", line: 2, field: "pLower")
      }
      try restoring {
        try replace("records.jsonl", line: 4, #""label":\d"#, "\"label\":9")
        try expectFailure(run, file: "records.jsonl", line: 5, field: "label")
      }
      try restoring {
        try run.edit("records.jsonl") { $0.remove(at: 3) }
        try expectFailure(run, file: "records.jsonl")
        try run.edit("certified.tsv") { $0.remove(at: 4) }
        let report = try run.verify("--json", "--redraw", "0").json(Report.self)
        #expect(report.failures.contains { $0.expected == "image 3" }, "\(report.failures)")
      }
      try restoring {
        try run.edit("records.jsonl") { $0.insert($0[3], at: 4) }
        try expectFailure(run, file: "records.jsonl", line: 5, field: "index")
      }
      try restoring {
        try run.edit("records.jsonl") { $0.swapAt(1, 2) }
        try expectFailure(run, file: "records.jsonl", line: 3, field: "index")
      }
      try restoring {
        try replace("certified.tsv", line: 4, "\t0\\.0*\t|\t0\\.[0-9]*\t", "\t0.250000\t")
        try expectFailure(run, file: "certified.tsv", line: 5, field: "radius")
      }
      try restoring {
        try replace("summary.json", line: 2, #"\d"#, "9")
        try expectFailure(run, file: "summary.json")
      }
      try restoring {
        try run.edit("records.jsonl") { $0[5] = $0[5].replacingOccurrences(of: "{", with: #"{"radius":0,"#) }
        try expectFailure(run, file: "records.jsonl", line: 6)
      }
      for name in names.dropLast() {
        try restoring {
          try FileManager.default.removeItem(atPath: run.files.folder.file(name))
          try expectFailure(run, file: name)
        }
      }
      #expect(try run.verify("--redraw", "all").status == 0)
    }
  }

  @Test("a model or data swapped for others, or gone, is named")
  func swapped() throws {
    try SmallRun.with(.anytime) { run in
      let files = FileManager.default
      try files.moveItem(atPath: run.model, toPath: run.model + ".away")
      let gone = try run.verify("--json", "--redraw", "0")
      let unchecked = try gone.json(Report.self)
      #expect(gone.status == 69 && unchecked.verdict == "unconfirmed" && unchecked.failures.isEmpty)
      #expect(unchecked.unchecked.contains { $0.file.hasSuffix("model.pkl") && $0.field == "model.source" })
      #expect(gone.errors.contains("--model"), "\(gone.errors)")
      // A model that is gone hides nothing that is known to be wrong.
      let summary = try run.files.text("summary.json")
      try files.removeItem(atPath: run.files.folder.file("summary.json"))
      try expectFailure(run, file: "summary.json")
      try Data(summary.utf8).write(to: run.files.folder.appendingPathComponent("summary.json"))
      let moved = try run.verify("--model", run.model + ".away")
      #expect(moved.status == 0, "\(moved.output)")
      // A network of the same architecture with one weight changed.
      var bytes = try Data(contentsOf: URL(fileURLWithPath: run.model + ".away"))
      bytes[bytes.count * 3 / 4] ^= 1
      try bytes.write(to: URL(fileURLWithPath: run.model))
      try expectFailure(run, file: "model.pkl")
      try files.removeItem(atPath: run.model)
      try files.moveItem(atPath: run.model + ".away", toPath: run.model)

      var pixels = try Data(contentsOf: URL(fileURLWithPath: run.folder.file("x.npy")))
      // Of the first of eight pictures; the last is none of the run's.
      pixels[pixels.count - 7 * 256 - 2] ^= 1
      try pixels.write(to: URL(fileURLWithPath: run.folder.file("x.npy")))
      let report = try run.verify("--json", "--redraw", "all").json(Report.self)
      #expect(report.failures.contains { $0.field == "picture.digest" && $0.line == 1 })
      #expect(report.redrawn == Array(1..<6), "what is another picture now gives other votes")
    }
  }

  @Test(
    "a forgery whose votes, bound, radius, table and summary agree is found by drawing all votes again",
    arguments: SmallRun.Stop.allCases)
  func consistentForgery(stop: SmallRun.Stop) throws {
    try SmallRun.with(stop) { run in
      // Another seed's record in place of image 2's: honest in itself, and not what this run's votes give.
      let other = SmallRun(stop: stop, folder: run.folder.appendingPathComponent("other"), seed: 8)
      try FileManager.default.createDirectory(at: other.folder, withIntermediateDirectories: true)
      try other.prepare()
      #expect(try other.finish().status == 0)
      let forged = try other.files.lines("records.jsonl")[2]
      try run.edit("records.jsonl") { lines in
        try #require(try other.files.records()[2].votes != run.files.records()[2].votes)
        lines[2] = forged
      }
      // Continuing the finished run makes table and summary agree with the forged record.
      #expect(try run.finish().status == 0)
      let shallow = try run.verify("--redraw", "0")
      #expect(shallow.status == 0, "the files must agree with each other: \(shallow.output)")
      try expectFailure(run, file: "records.jsonl", line: 3, field: "votes", redraw: "all")
    }
  }

  @Test("a maximum forged to all votes for the class, or places of votes that are others, are found without a vote")
  func forgedMaximum() throws {
    try SmallRun.with(.anytime) { run in
      let honest = try run.files.lines("records.jsonl")
      let records = try run.files.records()
      // An image with votes of both kinds, the maximum not at its first votes alone.
      let place = try #require(
        honest.indices.first { line in
          !honest[line].contains(#""gaps":[]"#)
            && honest[line].contains(#""against""#) && records[line].votes.max() ?? 0 < records[line].samples
            && honest[line].range(of: #""samples":(\d+),"successes":\1\}"#, options: .regularExpression) == nil
        })
      let candidate = try #require(
        records[place].selectionVotes.firstIndex(of: records[place].selectionVotes.max() ?? 0))
      let successes = records[place].votes[candidate]
      try #require(successes > 0)
      let radius = try Program.run([
        "radius", "--stop", "anytime", "--successes", "\(successes)", "--samples", "\(successes)", "--alpha", "0.1",
        "--sigma", "0.25", "--json",
      ]).json([String: JSONNumber].self)
      var forged = honest[place]
      for (pattern, new) in [
        (#""samples":\d+,"successes":\d+"#, #""samples":\#(successes),"successes":\#(successes)"#),
        (#""pLower":[^,]*"#, #""pLower":\#(radius["pLower"]?.value ?? 0)"#),
        (#""radius":[^,]*"#, #""radius":\#(radius["radius"]?.value ?? 0)"#),
      ] {
        forged = forged.replacingOccurrences(of: pattern, with: new, options: .regularExpression)
      }
      try #require(forged != honest[place])
      try run.edit("records.jsonl") { $0[place] = forged }
      try expectFailure(run, file: "records.jsonl", line: place + 1, field: "bound")
      let resumed = try run.finish()
      #expect(resumed.status == 65 && resumed.errors.contains("does not belong to this run"), "\(resumed.errors)")
      let report = try Program.run(["report", run.path, "--json"])
      #expect(report.errors.contains("do not come of counting votes by the run’s rule"), "\(report.errors)")
      // Without its places the record says nothing that could be counted.
      try run.edit("records.jsonl") { lines in
        lines[place] = honest[place].replacingOccurrences(
          of: #""against":\{[^}]*\},"#, with: "", options: .regularExpression)
      }
      try expectFailure(run, file: "records.jsonl", line: place + 1, field: "against")
    }
  }

  /// A number, or something else that does not matter.
  private struct JSONNumber: Decodable {
    var value: Double?
    init(from decoder: any Decoder) throws { value = try? decoder.singleValueContainer().decode(Double.self) }
  }

  @Test("on another kind of processor it says so; what no processor could have cast is still found")
  func otherEngine() throws {
    try SmallRun.with(.fixed) { run in
      let manifest = try run.files.text("run.json")
      try run.edit("run.json") { lines in
        lines = lines.map {
          $0.replacingOccurrences(
            of: #""instructionSet" : "[^"]*""#, with: #""instructionSet" : "Another""#, options: .regularExpression)
        }
      }
      #expect(try run.files.text("run.json") != manifest)
      // The same votes are confirmed all the same.
      let same = try run.verify("--redraw", "all")
      #expect(same.status == 0 && same.output.contains("another engine"), "\(same.output)")

      let other = SmallRun(stop: .fixed, folder: run.folder.appendingPathComponent("other"), seed: 8)
      try FileManager.default.createDirectory(at: other.folder, withIntermediateDirectories: true)
      try other.prepare()
      #expect(try other.finish().status == 0)
      let forged = try other.files.lines("records.jsonl")
      try run.edit("records.jsonl") { $0 = forged }
      #expect(try run.finish().status == 64, "another instruction set's run is not continued")
      for name in ["certified.tsv", "summary.json"] {
        try Data(try other.files.text(name).utf8).write(to: run.files.folder.appendingPathComponent(name))
      }
      let differing = try run.verify("--json", "--redraw", "all")
      #expect(differing.status == 69)
      #expect(differing.errors.contains("not confirmed") && differing.errors.contains("Another"))
      #expect(try differing.json(Report.self).verdict == "unconfirmed")
    }
  }

  @Test("a run with relative paths holds where they lead, and elsewhere could not be checked until they are named")
  func relativePaths() throws {
    try SmallRun.with(.fixed) { run in
      let elsewhere = try TemporaryFolder.make()
      defer { try? FileManager.default.removeItem(at: elsewhere) }
      let relative = run.arguments.map { $0.replacingOccurrences(of: run.folder.path + "/", with: "") }
        .map { $0 == "run" ? "again" : $0 }
      let made = try Program.run(relative, in: run.folder)
      #expect(made.status == 0, "\(made.errors)")
      let again = run.folder.file("again")
      #expect(try Program.run(["verify", "again"], in: run.folder).status == 0)
      let away = try Program.run(["verify", again, "--json"], in: elsewhere)
      let report = try away.json(Report.self)
      #expect(away.status == 69 && report.verdict == "unconfirmed" && report.failures.isEmpty, "\(away.output)")
      #expect(Set(report.unchecked.compactMap(\.field)) == ["model.source", "data.source"])
      let words = try Program.run(["verify", again], in: elsewhere)
      #expect(words.output.contains("--model") && words.output.contains("--data"), "\(words.output)")
      let data = "npy:\(run.folder.file("x.npy")),\(run.folder.file("y.npy"))"
      let named = try Program.run(["verify", again, "--model", run.model, "--data", data], in: elsewhere)
      #expect(named.status == 0, "\(named.output)")
      // Another file of that name lies there: nothing is known of the run's own.
      try NumPyArray(shape: [8, 1, 8, 8], [Float](repeating: 0.5, count: 512)).write(to: elsewhere.file("x.npy"))
      try NumPyArray(shape: [8], (0..<8).map(Int64.init)).write(to: elsewhere.file("y.npy"))
      let other = try Program.run(["verify", again, "--model", run.model], in: elsewhere)
      #expect(other.status == 69 && other.errors.contains("--data"), "\(other.output)")
      // Where it is named, it is not what the run says.
      let wrong = ["--data", "npy:\(elsewhere.file("x.npy")),\(elsewhere.file("y.npy"))"]
      #expect(try Program.run(["verify", again, "--model", run.model] + wrong, in: elsewhere).status == 65)
      // Nor where the run began.
      try FileManager.default.removeItem(atPath: run.folder.file("x.npy"))
      try FileManager.default.copyItem(atPath: elsewhere.file("x.npy"), toPath: run.folder.file("x.npy"))
      for path in ["again", again] {
        #expect(try Program.run(["verify", path, "--redraw", "0"], in: run.folder).status == 65)
      }
    }
  }

  @Test("only what cannot be had leaves a run unchecked: run.json that asks for what the model lacks does not hold")
  func absence() throws {
    try SmallRun.with(.fixed) { run in
      let honest = try run.files.text("run.json")
      func verify(_ replacements: [(String, String)]) throws -> (status: Int32?, report: Report) {
        var text = honest
        for (old, new) in replacements {
          try #require(text.contains(old))
          text = text.replacingOccurrences(of: old, with: new)
        }
        try Data(text.utf8).write(to: run.files.folder.appendingPathComponent("run.json"))
        let ending = try run.verify("--json", "--redraw", "0", "--patience", "0")
        return (ending.status, try ending.json(Report.self))
      }
      // The tiny network has ten classes, and so has every record.
      let classes = try verify([("\"classifier\" : {", "\"classes\" : [0,1,2,3,4,5,6,7,8,99], \"classifier\" : {")])
      #expect(classes.status == 65 && classes.report.verdict == "fails")
      #expect(classes.report.failures.contains { $0.file == "run.json" && $0.field == "classes" }, "\(classes.report)")
      let missing = try verify([(run.model, run.folder.file("gone.pkl"))])
      #expect(missing.status == 69 && missing.report.unchecked.contains { $0.field == "model.source" })
      let dead = try verify([(run.model, "http://127.0.0.1:1/v2/models/gone")])
      #expect(dead.status == 69 && dead.report.failures.isEmpty, "\(dead.report)")
      #expect(dead.report.unchecked.contains { $0.field == "model.source" })
      let precision = try verify([("\"precision\" : \"", "\"precision\" : \"x")])
      #expect(precision.status == 65, "\(precision.report)")
    }
  }

  @Test("a table that went through an editor in UTF-16 holds")
  func utf16() throws {
    try SmallRun.with(.fixed) { run in
      let text = "\u{FEFF}" + (try run.files.text("certified.tsv")).replacingOccurrences(of: "\n", with: "\r\n")
      let table = run.files.folder.appendingPathComponent("certified.tsv")
      try #require(text.data(using: .utf16LittleEndian)).write(to: table)
      let ending = try run.verify("--redraw", "0")
      #expect(ending.status == 0, "\(ending.output)")
      let indices = run.folder.appendingPathComponent("indices")
      try #require("0\r\n2\r\n".data(using: .utf16LittleEndian)).write(to: indices)
      var arguments = run.arguments
      arguments[(try #require(arguments.firstIndex(of: "--count")))...].removeFirst(2)
      arguments[try #require(arguments.firstIndex(of: run.path))] = run.folder.file("some")
      let some = try Program.run(arguments + ["--indices", indices.path])
      #expect(some.status == 0, "\(some.errors)")
      #expect(try RunFiles(folder: run.folder.appendingPathComponent("some")).records().map(\.index) == [0, 2])
    }
  }

  @Test("arrays that have become too few for a run are bad data, and what they lack is named")
  func shrunkArrays() throws {
    try SmallRun.with(.fixed) { run in
      try run.edit("records.jsonl") { $0.removeLast(4) }
      try NumPyArray(shape: [4, 1, 8, 8], [Float](repeating: 0.5, count: 256)).write(to: run.folder.file("x.npy"))
      try NumPyArray(shape: [4], (0..<4).map(Int64.init)).write(to: run.folder.file("y.npy"))
      for options in [[], ["--count", "4"]] {
        let ending = try Program.run(run.arguments + ["--resume"] + options)
        #expect(ending.status == 65, "\(ending.errors)")
        #expect(
          ending.errors.contains("x.npy") && ending.errors.contains("image 5") && ending.errors.contains("4 images"))
      }
      #expect(try run.files.records().count == 2)
    }
  }

  @Test("what is no run is refused", arguments: [("absent", 65), ("", 65)])
  func noRun(name: String, status: Int) throws {
    try TemporaryFolder.with { folder in
      let ending = try Program.run(["verify", folder.file(name)])
      #expect(ending.status == Int32(status) && ending.errors.contains("run.json"), "\(ending.errors)")
      #expect(try Program.run(["verify", folder.file(name), "--redraw", "-1"]).status == 64)
    }
  }
}
