import Datasets
import Records
import Basics
import Certification
import Foundation
import Runs
import Testing

@Suite struct CertificationRunTests {
  @Test(
    "Votes are the same whatever the threads, batches and images under way",
    arguments: [(1, 1, 1), (1, 64, 1), (2, 1, 2), (2, 64, 3), (2, 8, 2), (5, 3, 4)])
  func determinism(threads: Int, batch: Int, window: Int) async throws {
    let reference = try await ToyRun(threads: 1, batch: 7, window: 1).records()
    let records = try await ToyRun(threads: threads, batch: batch, window: window).records()
    #expect(records == reference)
    // The toy must not be trivial: several outcomes, and votes that differ.
    #expect(Set(reference.map(\.outcome)).count > 3)
    #expect(reference.contains { $0.abstained } && reference.contains { $0.correct })
  }

  @Test("Another seed gives other votes, and so do selection and estimation")
  func seeds() async throws {
    let first = try await ToyRun(selectionSamples: 60).records()
    let second = try await ToyRun(selectionSamples: 60, seed: 6).records()
    #expect(first.map(\.votes) != second.map(\.votes))
    #expect(first.map(\.votes) != first.map(\.selectionVotes))
  }

  @Test("A record accounts for every vote and evaluation")
  func accounting() async throws {
    for record in try await ToyRun().records() {
      #expect(record.votes.reduce(0, +) == 60)
      #expect(record.selectionVotes.reduce(0, +) == 10)
      #expect(record.samples == 60)
      #expect(record.evaluations == 5 * 70)
      let bound = try Certificate.bound(
        successes: record.votes[record.candidate], samples: 60, alpha: 0.01, sigma: PixelNoise(0.25))
      #expect(record.pLower == bound.pLower)
      #expect(record.outcome.radius == bound.radius)
    }
  }

  @Test("NaN votes are counted, count against the class, and appear in the summary")
  func invalidVotes() async throws {
    try await TemporaryFolder.with { folder in
      let run = ToyRun(classifier: ToyClassifier(isInvalid: { $0[3] > 0 }))
      let directory = try run.directory(folder + "/run")
      let summary = try await run.run(into: directory)
      #expect(summary.invalidVotes > 0)
      for record in directory.records {
        #expect(record.votes.reduce(0, +) + record.invalidVotes == 60)
      }
      #expect(summary.table.contains("invalid votes (NaN)"))
    }
  }

  @Test("Seconds add up to the run's duration")
  func seconds() async throws {
    try await TemporaryFolder.with { folder in
      let run = ToyRun(classifier: ToyClassifier(onVote: { _ in usleep(100) }), threads: 2, window: 3)
      let directory = try run.directory(folder + "/run")
      let clock = ContinuousClock()
      let start = clock.now
      let summary = try await run.run(into: directory)
      let duration = (clock.now - start) / .seconds(1)
      #expect(summary.seconds <= duration)
      #expect(summary.seconds > 0.5 * duration)
    }
  }

  @Test("An image that does not fit ends the run with its place; the images before it stay")
  func badImage() async throws {
    let pixels: [[Float]] = [[0, 1, 2], [0, .nan, 0, 0], [0, .infinity, 0, 0]]
    for values in pixels {
      try await TemporaryFolder.with { folder in
        var run = ToyRun()
        run.images = { index in
          index == 9 ? LabeledImage(index: 9, pixels: values, label: 0) : try ToyRun.image(index)
        }
        let directory = try run.directory(folder + "/run")
        let text = await message(of: InputError.self) { _ = try await run.run(into: directory) }
        #expect(text?.contains("image 9") == true)
        #expect(directory.records.map(\.index) == [3, 5, 7])
      }
    }
  }

  @Test("A label that the model does not know is refused")
  func unknownLabel() async throws {
    try await TemporaryFolder.with { folder in
      var run = ToyRun()
      run.images = { LabeledImage(index: $0, pixels: [0, 0, 0, 0], label: 3) }
      let directory = try run.directory(folder + "/run")
      let text = await message(of: InputError.self) { _ = try await run.run(into: directory) }
      #expect(text == "image 3: the label is none of the model's classes; expected 0 … 2, found 3")
    }
  }

  @Test("A classifier's error ends the run as it is; what was finished stays")
  func classifierError() async throws {
    try await TemporaryFolder.with { folder in
      let run = ToyRun(classifier: ToyClassifier(onVote: { if $0 == 300 { throw ToyFailure() } }), threads: 2)
      let directory = try run.directory(folder + "/run")
      await #expect(throws: ToyFailure.self) { _ = try await run.run(into: directory) }
      let kept = try RunDirectory.readRecords(folder + "/run")
      #expect(kept == directory.records)
      #expect((1...4).contains(kept.count))
    }
  }

  @Test("No more workers compute at once than there are threads")
  func workers() async throws {
    let classifier = ToyClassifier(onVote: { _ in usleep(20) })
    _ = try await ToyRun(classifier: classifier, threads: 2, batch: 1, window: 4).records()
    #expect(classifier.workersMade.withLock { $0 } <= 2)
    #expect(classifier.busyWorkers.withLock { $0.most } <= 2)
  }
}
