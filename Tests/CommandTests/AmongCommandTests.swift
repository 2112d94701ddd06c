import Foundation
import NumPyFiles
import Testing

@Suite("--among: some of a model's classes", .enabled(if: Program.isBuilt, Program.absent))
struct AmongCommandTests {
  struct Manifest: Decodable {
    struct Images: Decodable {
      var count: Int
      var listed: [Int]?
    }
    struct Classifier: Decodable { var description: String }
    var classes: [Int]?
    var otherClasses: String?
    var images: Images
    var classifier: Classifier
  }

  /// Eight 8×8 pictures of classes 0 … 7 and a network of ten classes, with options for a run of few votes.
  struct Pictures {
    var folder: URL
    var run: SmallRun
    var data: String { "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))" }
    var path: String { folder.file("out") }
    var files: RunFiles { RunFiles(folder: folder.appendingPathComponent("out")) }

    func certify(_ options: String..., model: String? = nil) throws -> Program.Ending {
      try Program.run(
        [
          "certify", "--model", model ?? run.model, "--data", data, "--sigma", "0.25", "--timesteps", "4",
          "--selection-samples", "5", "--samples", "12", "--alpha", "0.1", "--seed", "7", "--out", path,
        ] + options)
    }

    func manifest() throws -> Manifest {
      try JSONDecoder().decode(Manifest.self, from: Data(files.text("run.json").utf8))
    }

    func write(_ text: String, to name: String) throws -> String {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
      return folder.file(name)
    }
  }

  private func withPictures(_ body: (Pictures) throws -> Void) throws {
    try TemporaryFolder.with { folder in
      let run = SmallRun(stop: .fixed, folder: folder)
      try run.prepare()
      try body(Pictures(folder: folder, run: run))
    }
  }

  @Test("Lists that name no set of the model's classes: 64, before any run directory")
  func refused() throws {
    try withPictures { pictures in
      for list in ["3", "3,3", "3,03", "3,,5", "", "3,10", "3,cat", "3,-1", "3,5.0"] {
        let ending = try pictures.certify("--among", list)
        #expect(ending.status == 64 && ending.errors.contains("--among"), "\(list): \(ending.errors)")
      }
      for file in [try pictures.write("3\r\n", to: "one"), try pictures.write("3\n5\n3\n", to: "twice")] {
        #expect(try pictures.certify("--among", file).status == 64)
      }
      for flags in [
        ["--skip-others"], ["--count-others-wrong"], ["--among", "1,2", "--skip-others", "--count-others-wrong"],
      ] {
        let ending = try Program.run(["certify", "--model", pictures.run.model, "--data", pictures.data] + flags)
        #expect(ending.status == 64, "\(flags): \(ending.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: pictures.path))
    }
  }

  @Test("Selected images of other classes: 65 with what to do, or left out, or counted as wrong")
  func others() throws {
    try withPictures { pictures in
      let refused = try pictures.certify("--among", "1,3", "--count", "5")
      #expect(refused.status == 65 && refused.errors.contains("3 of the 5 selected images"))
      #expect(refused.errors.contains("--skip-others") && refused.errors.contains("--count-others-wrong"))
      #expect(!FileManager.default.fileExists(atPath: pictures.path))
      #expect(try pictures.certify("--among", "8,9", "--skip-others").status == 65)

      let skipped = try pictures.certify("--among", "3,1", "--count", "5", "--skip-others")
      #expect(skipped.status == 0, "\(skipped.errors)")
      #expect(try pictures.files.records().map(\.label) == [1, 3])
      let manifest = try pictures.manifest()
      #expect(manifest.classes == [1, 3] && manifest.otherClasses == "skipped" && manifest.images.listed == [1, 3])
      #expect(try Program.run(["verify", pictures.path, "--redraw", "all"]).status == 0)
    }
    try withPictures { pictures in
      let ending = try pictures.certify("--among", "3,1", "--count", "4", "--count-others-wrong")
      #expect(ending.status == 0, "\(ending.errors)")
      let records = try pictures.files.records()
      #expect(records.map(\.label) == [0, 1, 2, 3] && !records[0].correct && !records[2].correct)
      #expect(records.allSatisfy { [-1, 1, 3].contains($0.predicted) && $0.votes.count == 2 })
      #expect(try Program.run(["verify", pictures.path, "--redraw", "all"]).status == 0)
    }
  }

  @Test("A vote costs what these classes cost")
  func cost() throws {
    try withPictures { pictures in
      let ending = try pictures.certify("--among", "2,0,5", "--indices", try pictures.write("0\n2\n5\n", to: "indices"))
      #expect(ending.status == 0, "\(ending.errors)")
      // Two levels and x̂, 5 + 12 votes.
      #expect(try pictures.files.records().allSatisfy { $0.evaluations == 17 * (2 * 3 + 1) })
      #expect(ending.errors.contains("up to 7 evaluations"))
    }
  }

  @Test("A list in another order, names of a file's lines and labels are the same classes, and continue a run")
  func resume() throws {
    try withPictures { pictures in
      let names = "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n"
      let named = pictures.folder.file("named.safetensors")
      let converted = try Program.run(
        ["convert", pictures.run.model, named, "--class-names", try pictures.write(names, to: "names.txt")])
      #expect(converted.status == 0, "\(converted.errors)")
      #expect(try Program.run(["inspect", named]).output.contains("zero, one, two"))
      let indices = try pictures.write("2\n4\n", to: "indices")
      #expect(try pictures.certify("--among", "4,2", "--indices", indices, model: named).status == 0)
      let records = try pictures.files.text("records.jsonl")
      for list in [
        "2,4", "Two,FOUR", try pictures.write("\u{FEFF}four\r\n2\r\n", to: "classes.txt"),
        try pictures.write("# even\n\ntwo\nfour", to: "more.txt"),
      ] {
        let again = try pictures.certify("--among", list, "--indices", indices, "--resume", model: named)
        #expect(again.status == 0, "\(list): \(again.errors)")
        #expect(try pictures.files.text("records.jsonl") == records)
      }
      #expect(try pictures.manifest().classes == [2, 4])
      for list in ["2,4,5", "2,5"] {
        let other = try pictures.certify(
          "--among", list, "--indices", indices, "--resume", "--skip-others", model: named)
        #expect(other.status == 64 && other.errors.contains("classes is [2,4] in the run"), "\(other.errors)")
      }
      let all = try pictures.certify("--indices", indices, "--resume", model: named)
      #expect(all.status == 64 && all.errors.contains("classes is [2,4] in the run, absent asked for"))
      #expect(try pictures.certify("--among", "2,four,4", "--indices", indices, model: named).status == 64)
      #expect(try Program.run(["convert", pictures.run.model, named, "--class-names", indices]).status == 65)
    }
  }

  @Test("Another set of classes in run.json does not hold; reports and comparisons name it")
  func verifyAndReport() throws {
    try withPictures { pictures in
      let indices = try pictures.write("2\n4\n", to: "indices")
      #expect(try pictures.certify("--among", "2,4", "--indices", indices).status == 0)
      let report = try Program.run(
        ["report", pictures.path, "--out", pictures.folder.file("r.html"), "--markdown", pictures.folder.file("r.md")])
      #expect(report.status == 0 && report.errors.contains("among classes 2 and 4 only"), "\(report.errors)")
      let page = try RunFiles(folder: pictures.folder).text("r.html")
      #expect(page.contains("<dt>Classes</dt><dd>2, 4</dd>") && page.contains("data:image/png"))
      #expect(!page.contains("No pictures"))
      #expect(try RunFiles(folder: pictures.folder).text("r.md").contains("among classes 2 and 4"))

      var all = pictures
      all.folder = pictures.folder.appendingPathComponent("all")
      try FileManager.default.createDirectory(at: all.folder, withIntermediateDirectories: true)
      for file in ["x.npy", "y.npy"] {
        try FileManager.default.copyItem(atPath: pictures.folder.file(file), toPath: all.folder.file(file))
      }
      #expect(try all.certify("--indices", indices).status == 0)
      let comparison = try Program.run(["compare", pictures.path, all.path])
      #expect(
        comparison.status == 65 && comparison.errors.contains("A chooses among classes 2 and 4, B among all classes"))
      #expect(try Program.run(["compare", pictures.path, all.path, "--anyway"]).status == 0)

      let text = try pictures.files.text("run.json")
      for forged in ["    3,\n    4\n", "    2,\n    11\n", "    2,\n    4,\n    6\n"] {
        let changed = text.replacingOccurrences(of: "    2,\n    4\n", with: forged)
        try #require(changed != text)
        try Data(changed.utf8).write(to: pictures.files.folder.appendingPathComponent("run.json"))
        let ending = try Program.run(["verify", pictures.path])
        #expect(ending.status == 65, "\(forged): \(ending.output)")
      }
    }
  }

  @Test("predict, classify, losses and benchmark choose among them, in the model's labels")
  func otherCommands() throws {
    try withPictures { pictures in
      let picture = pictures.folder.file("one.npy")
      try NumPyArray(shape: [8, 8], [Float](repeating: 0.3, count: 64)).write(to: picture)
      struct Answer: Decodable {
        var candidate: Int
        var votes: [Int]
        var classes: [Int]
      }
      let page = pictures.folder.file("why.html")
      let answer = try Program.run([
        "predict", picture, "--model", pictures.run.model, "--among", "9,4", "--timesteps", "4", "--samples", "10",
        "--selection-samples", "3", "--sigma", "0.25", "--seed", "1", "--json", "--explain", page,
      ])
      #expect(answer.status == 0, "\(answer.errors)")
      let found = try answer.json(Answer.self)
      #expect(found.classes == [4, 9] && found.votes.count == 2 && [4, 9].contains(found.candidate))
      let html = try RunFiles(folder: pictures.folder).text("why.html")
      #expect(html.contains("<th scope=\"row\">9</th>") && !html.contains("<th scope=\"row\">1</th>"))
      let words = try Program.run([
        "predict", picture, "--model", pictures.run.model, "--among", "9,4", "--timesteps", "4", "--samples", "10",
        "--selection-samples", "3", "--sigma", "0.25", "--seed", "1",
      ])
      #expect(words.output.contains("among classes 4 and 9"))
      #expect(!words.output.contains("class 0") && !words.output.contains("class 1"), "\(words.output)")

      struct Report: Decodable {
        struct Image: Decodable {
          var label: Int
          var predicted: Int
        }
        var images: [Image]
        var evaluations: Int
      }
      let classify = ["classify", "--model", pictures.run.model, "--data", pictures.data, "--timesteps", "4", "--json"]
      #expect(try Program.run(classify + ["--among", "6,1"]).status == 65)
      let wrong = try Program.run(classify + ["--among", "6,1", "--count-others-wrong"]).json(Report.self)
      #expect(wrong.images.count == 8 && wrong.images.allSatisfy { [1, 6].contains($0.predicted) })
      #expect(wrong.evaluations == 8 * 5)
      let left = try Program.run(classify + ["--among", "6,1", "--skip-others"]).json(Report.self)
      #expect(left.images.map(\.label) == [1, 6])
      let weightings = try Program.run(classify + ["--among", "6,1", "--skip-others", "--compare-weightings"])
      let reports = try weightings.json([String: Report].self)
      #expect(
        reports.count == 4 && reports.values.allSatisfy { $0.images.allSatisfy { [1, 6].contains($0.predicted) } })

      #expect(try Program.run(["benchmark", "--among", "3,3"]).status == 64)
    }
  }

  @Test("Losses among some classes are those columns of all")
  func losses() throws {
    try withPictures { pictures in
      let noise = pictures.folder.file("noise.npy")
      try NumPyArray(shape: [3, 1, 8, 8], (0..<192).map { Float($0 % 11) / 5 - 1 }).write(to: noise)
      let grid = pictures.folder.file("grid.npy")
      try NumPyArray(shape: [3], [0.6, 1.2, 2.4] as [Double]).write(to: grid)
      func losses(_ options: [String]) throws -> [[Double]] {
        struct Result: Decodable { var losses: [[Double]] }
        let ending = try Program.run(
          [
            "losses", "--model", pictures.run.model, "--x", pictures.folder.file("x4.npy"), "--noise", noise, "--grid",
            grid, "--sigma", "0.25", "--out", pictures.folder.file("l.npy"), "--json",
          ] + options)
        #expect(ending.status == 0, "\(ending.errors)")
        return try ending.json(Result.self).losses
      }
      try NumPyArray(shape: [2, 1, 8, 8], (0..<128).map { Float($0 % 7) / 7 }).write(to: pictures.folder.file("x4.npy"))
      let all = try losses([])
      let some = try losses(["--among", "7,2,3"])
      #expect(some == all.map { row in [2, 3, 7].map { row[$0] } })
      #expect(try NumPyArray(contentsOf: pictures.folder.file("l.npy")).shape == [2, 3])
    }
  }

  @Test("calibrate binds to the classes, beside what it knows of others; certify uses it for these alone")
  func calibrate() throws {
    try withPictures { pictures in
      var pixels: [Float] = []
      for index in 0..<120 {
        for place in 0..<64 { pixels.append(Float((place * (index % 10 + 3) + index) % 17) / 17) }
      }
      try NumPyArray(shape: [120, 1, 8, 8], pixels).write(to: pictures.folder.file("tx.npy"))
      try NumPyArray(shape: [120], (0..<120).map { Int64($0 % 10) }).write(to: pictures.folder.file("ty.npy"))
      let calibrate = [
        "calibrate", "--model", pictures.run.model, "--data",
        "npy:\(pictures.folder.file("tx.npy")),\(pictures.folder.file("ty.npy"))", "--sigma", "0.25", "--levels", "1",
        "2", "--quiet-levels", "1.5", "--most-levels", "1",
      ]
      #expect(try Program.run(calibrate + ["--skip-others"]).status == 64)
      let refused = try Program.run(calibrate + ["--among", "2,4"])
      #expect(refused.status == 65 && refused.errors.contains("--skip-others leaves images of other classes out"))
      struct Table: Decodable {
        struct Entry: Decodable { var classes: [Int]? }
        var entries: [Entry]
      }
      func entries() throws -> [[Int]?] {
        let text = try RunFiles(folder: pictures.folder).text("model.calibration.json")
        return try JSONDecoder().decode(Table.self, from: Data(text.utf8)).entries.map(\.classes)
      }
      for (list, known) in [("5,3", [[3, 5]]), ("1,2,3", [[3, 5], [1, 2, 3]]), ("3,5", [[1, 2, 3], [3, 5]])] {
        let ending = try Program.run(calibrate + ["--among", list, "--skip-others"])
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(try entries().compactMap(\.self) == known)
      }
      let fast = [
        "certify", "--model", pictures.run.model, "--data", pictures.data, "--samples", "10", "--selection-samples",
        "3", "--precision", "fp32", "--skip-others", "--among",
      ]
      let used = try Program.run(fast + ["3,5", "--out", pictures.folder.file("used")])
      #expect(used.status == 0 && used.errors.contains("weighting learned"), "\(used.errors)")
      let unused = try Program.run(fast + ["2,5", "--out", pictures.folder.file("unused")])
      #expect(unused.status == 0 && !unused.errors.contains("weighting learned"))
      #expect(unused.errors.contains("is not used"))
    }
  }
}
