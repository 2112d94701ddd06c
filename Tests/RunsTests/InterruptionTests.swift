import Records
import Basics
import Foundation
import Runs
import Testing

/// Cancelling, killing and continuing a run.
@Suite struct InterruptionTests {
  /// Cancels the task it is given once a number of votes has been cast.
  final class Canceller: Sendable {
    let task = Mutex<Task<RunSummary, any Error>?>(nil)
    func cancel() { task.withLock { $0?.cancel() } }
  }

  @Test("A run cancelled ten times and continued has the records of one run", arguments: [(1, 1), (2, 3)])
  func cancelledTenTimes(threads: Int, window: Int) async throws {
    let selection = ImageSelection(first: 3, stride: 2, count: 16)
    let reference = try await ToyRun(selection: selection).records()
    try await TemporaryFolder.with { folder in
      var finished = [0]
      for interruption in 0..<10 {
        let canceller = Canceller()
        // 70 votes make an image: some of these stop within the first image of the session, some after it.
        let limit = 37 + 31 * (interruption % 4)
        let run = ToyRun(
          classifier: ToyClassifier(onVote: { if $0 == limit { canceller.cancel() } }),
          threads: threads, window: window, selection: selection)
        let task = Task {
          let directory = try run.directory(folder + "/run", resume: true)
          // The first vote waits until there is a task to cancel.
          while canceller.task.withLock({ $0 == nil }) { await Task.yield() }
          return try await run.run(into: directory)
        }
        canceller.task.withLock { $0 = task }
        let text = await message(of: Interrupted.self) { _ = try await task.value }
        let records = try RunDirectory.readRecords(folder + "/run")
        // Votes of the next image are kept, at least some of those that were cast for it.
        #expect(
          text?.wholeMatch(of: /interrupted after (\d+) of 16 images(?: and [1-9]\d* votes of the next)?/)?.1
            == "\(records.count)")
        #expect(ToyRun.timeless(records) == Array(reference.prefix(records.count)))
        finished.append(records.count)
      }
      #expect(finished == finished.sorted())
      #expect((finished.last ?? 0) > 2 && (finished.last ?? 0) < 16)
      let run = ToyRun(threads: threads, window: window, selection: selection)
      let directory = try run.directory(folder + "/run", resume: true)
      _ = try await run.run(into: directory)
      #expect(ToyRun.timeless(directory.records) == reference)
      #expect(ToyRun.timeless(try RunDirectory.readRecords(folder + "/run")) == reference)
      #expect(try TemporaryFolder.text(folder + "/run/certified.tsv") == CertifiedTable.text(directory.records))
    }
  }

  @Test("A run killed ten times while writing a record and continued has the records of one run")
  func killedTenTimes() async throws {
    let reference = try await ToyRun().records()
    try await TemporaryFolder.with { folder in
      let file = folder + "/run/records.jsonl"
      for kill in 0..<10 {
        let run = ToyRun()
        let directory = try run.directory(folder + "/run", resume: kill > 0)
        _ = try await run.run(into: directory)
        // What a process killed at any byte leaves: a prefix of the file, of differing length.
        let bytes = try TemporaryFolder.text(file).utf8
        let text = String(decoding: bytes.prefix(bytes.count * (kill + 1) / 12 + kill), as: UTF8.self)
        try TemporaryFolder.write(text, to: file)
      }
      let run = ToyRun()
      let directory = try run.directory(folder + "/run", resume: true)
      #expect(directory.remaining > 0)
      _ = try await run.run(into: directory)
      #expect(ToyRun.timeless(directory.records) == reference)
    }
  }

  @Test("A run cancelled before it begins keeps nothing and says so")
  func cancelledAtOnce() async throws {
    try await TemporaryFolder.with { folder in
      let task = Task {
        while !Task.isCancelled { await Task.yield() }
        let run = ToyRun()
        return try await run.run(into: try run.directory(folder + "/run"))
      }
      task.cancel()
      #expect(await message(of: Interrupted.self) { _ = try await task.value } == "interrupted after 0 of 8 images")
      #expect(FileManager.default.fileExists(atPath: folder + "/run/summary.json"))
    }
  }

  @Test("A full disk ends the run with the file's name; the records before it stay whole")
  func fullDisk() async throws {
    try await TemporaryFolder.with { folder in
      let run = ToyRun()
      let directory = try run.directory(folder + "/run")
      let records = Mutex(0)
      let descriptor = directory.log.descriptor
      var filling = run
      filling.images = { index in
        // From the third image on the log's descriptor is a full disk's.
        if records.withLock({
          $0 += 1; return $0
        }) == 3 {
          let full = open("/dev/full", O_RDWR)
          dup2(full, descriptor)
          close(full)
        }
        return try ToyRun.image(index)
      }
      let text = await message(of: InputError.self) { _ = try await filling.run(into: directory) }
      #expect(text == "\(folder)/run/records.jsonl: cannot write: No space left on device")
      let kept = try RunDirectory.readRecords(folder + "/run")
      #expect(kept.count == 2)
      #expect(kept == directory.records)
    }
  }
}
