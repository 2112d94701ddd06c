import Foundation
import NoisedDiffusionClassifiers
import Testing

@Suite("Slurm's queue")
struct SlurmQueueTests {
  private static func launch(_ folder: String) -> SlurmLaunch {
    SlurmLaunch(folder: folder, shards: 12, options: [], program: "ndc", workingFolder: "/")
  }

  @Test("tasks and merges of this run are told from those of others, also where the folder has spaces and bars")
  func lines() {
    let folder = "/scratch/my run|two"
    let queue = SlurmQueue(
      """
      41|3|RUNNING|\(folder)/job.sh
      41|7|PENDING|\(folder)/job.sh
      44|1|COMPLETING|\(folder)/job.sh
      42|N/A|PENDING|\(folder)/merge.sh
      39|N/A|RUNNING|\(folder)/merge.sh
      50|5|PENDING|/scratch/my run/job.sh
      51|6|PENDING|\(folder)/other/job.sh
      52|N/A|RUNNING|bash

      nonsense
      """, of: Self.launch(folder))
    #expect(queue.shards == [1, 3, 7])
    #expect(queue.arrays == ["41", "44"])
    #expect(queue.waitingMerges == ["42"])
    #expect(queue.runningMerges == ["39"])
    #expect(SlurmQueue("", of: Self.launch(folder)) == SlurmQueue())
  }

  @Test("a folder that is named by a link, or roundabout, is the same folder")
  func links() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-queue-\(UUID())")
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("run"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("link"), withDestinationURL: folder.appendingPathComponent("run"))
    try Data().write(to: folder.appendingPathComponent("run/job.sh"))
    let line = "41|3|RUNNING|\(folder.path)/link/../link/job.sh"
    #expect(SlurmQueue(line, of: Self.launch(folder.path + "/run/")).shards == [3])
  }

  @Test("threads are no part of what was launched, seeds are")
  func earlier() {
    let earlier = SlurmLaunch.Earlier(shards: 3, options: ["--seed", "1", "--threads", "2"])
    #expect(earlier.isSameRun(as: ["--threads=8", "--seed", "1"]))
    #expect(earlier.isSameRun(as: ["--seed", "1"]))
    #expect(!earlier.isSameRun(as: ["--seed", "2", "--threads", "2"]))
  }
}
