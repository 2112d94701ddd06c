import Foundation
import Testing

@Suite("Memory limits", .enabled(if: Program.isBuilt, Program.absent))
struct MemoryLimitTests {
  @Test("under any limit a run ends well or with an error that names the limit: never by a signal, never waiting")
  func limits() throws {
    try TemporaryFolder.with { folder in
      let run = SmallRun(stop: .fixed, folder: folder, images: 2)
      try run.prepare()
      #expect(try run.finish().status == 0)
      let undisturbed = try run.files.timelessResults()
      var (refused, finished) = (0, 0)
      for limit in stride(from: 40_000, through: 600_000, by: 20_000) {
        try FileManager.default.removeItem(atPath: run.path)
        let ending = try Program(run.arguments, addressSpace: limit).wait()
        switch ending.status {
        case 0:
          finished += 1
          #expect(try run.files.timelessResults() == undisturbed, "\(limit) KiB")
        case 65:
          refused += 1
          #expect(
            ending.errors.contains("not enough memory for") && ending.errors.contains("ulimit -v"), "\(ending.errors)")
        default:
          // The loader and the libraries it starts refuse in their own way, before the program begins.
          let isEarly =
            ending.status == 127 && ending.errors.contains("shared")
            || ending.status == 1 && ending.errors.hasPrefix("\nlibgomp")
          #expect(isEarly, "\(limit) KiB: \(ending)")
        }
        try FileManager.default.createDirectory(atPath: run.path, withIntermediateDirectories: true)
      }
      #expect(refused > 0 && finished > 0)
    }
  }

  @Test("a file larger than the address space is refused with the limit that forbids it")
  func mapping() throws {
    try TemporaryFolder.with { folder in
      let model = folder.file("model.safetensors")
      try Data().write(to: URL(fileURLWithPath: model))
      // Holes: it takes no place on the disk.
      #expect(truncate(model, 2 << 30) == 0)
      let ending = try Program(["inspect", model], addressSpace: 1_000_000).wait()
      #expect(ending.status == 65, "\(ending)")
      #expect(
        ending.errors.contains("\(model): not enough memory for mapping the file; expected 2048 MiB")
          && ending.errors.contains("ulimit -v"), "\(ending.errors)")
    }
  }

  @Test("more workers than memory holds are refused by name")
  func workers() throws {
    try TemporaryFolder.with { folder in
      let out = folder.file("run")
      let arguments = [
        "certify", "--timesteps", "3", "--selection-samples", "1", "--samples", "400", "--sigma", "0.5", "--count", "1",
        "--threads", "500", "--out", out,
      ]
      let ending = try Program(arguments, addressSpace: 700_000).wait()
      #expect(ending.status == 65, "\(ending)")
      #expect(ending.errors.contains("not enough memory for a worker"), "\(ending.errors)")
    }
  }
}
