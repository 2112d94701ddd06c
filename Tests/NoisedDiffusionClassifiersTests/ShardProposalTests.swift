import NoisedDiffusionClassifiers
import Testing

@Suite("Proposed shards")
struct ShardProposalTests {
  @Test("equal costs: as many shards as tasks, and the makespan that can be counted on fingers")
  func equal() {
    let proposal = ShardProposal(costs: [2], images: 8, startup: 1, tasks: 4)
    #expect(proposal.work == 16 && proposal.bound == 4)
    // A shard an image: two in turn, each with its start-up.
    #expect(proposal.outcome(shards: 8).makespan == 6)
    #expect(proposal.outcome(shards: 4).makespan == 5)
    #expect(proposal.outcome(shards: 2).makespan == 9)
    #expect(proposal.outcome(shards: 4).efficiency == 16.0 / 20)
    #expect(proposal.best.shards == 4)
    #expect(
      ShardProposal(costs: [2], images: 8, startup: 0, tasks: 1).best.shards == 1, "nothing is gained by splitting")
  }

  @Test("one task does everything in turn, with a start-up a shard", arguments: [1, 3, 10])
  func one(shards: Int) {
    let proposal = ShardProposal(costs: [1, 2, 3], images: 30, startup: 5, tasks: 1)
    let outcome = proposal.outcome(shards: shards)
    // Of what is drawn, the mean; its standard error is 0.03 of it.
    #expect(abs(outcome.makespan - Double(5 * shards) - proposal.work) < 0.15 * proposal.work)
  }

  @Test("costs that differ: never below the bound, and small shards where images are slow")
  func uneven() {
    let costs = [1.0, 1, 1, 2, 4, 60]
    let slow = ShardProposal(costs: costs, images: 500, startup: 2, tasks: 16)
    for shards in [1, 10, 100, 500] { #expect(slow.outcome(shards: shards).makespan >= 0.9 * slow.bound) }
    #expect(slow.best.makespan <= slow.outcome(shards: 16).makespan)
    #expect(slow.best.efficiency > 0.8 && slow.best.efficiency <= 1)
    // A start-up that costs more than the images forbids small shards.
    let quick = ShardProposal(costs: costs.map { $0 / 100 }, images: 500, startup: 20, tasks: 16)
    #expect(quick.best.shards <= 16 && slow.best.shards > 32)
  }

  @Test("no more shards than an array of Slurm has tasks, nor than images", arguments: [1, 7, 999, 1001, 10_000])
  func most(images: Int) {
    let proposal = ShardProposal(costs: [1000], images: images, startup: 0.1, tasks: 10_000)
    #expect(proposal.best.shards <= min(images, ShardProposal.mostShards))
    #expect(proposal.best.shards >= min(images, 500))
  }

  @Test("a pilot has a few images, spread over the run, and other options another folder")
  func pilot() {
    func pilot(_ asked: Int?, _ count: Int, _ options: [String] = ["--seed", "1"]) -> LaunchPilot {
      LaunchPilot(asked, of: options, count: count, in: "/run")
    }
    func shard(_ pilot: LaunchPilot) -> String? {
      pilot.arguments.firstIndex(of: "--shard").map { pilot.arguments[$0 + 1] }
    }
    #expect(shard(pilot(nil, 500)) == "0/100")
    #expect(shard(pilot(nil, 60)) == "0/20")
    #expect(shard(pilot(nil, 12)) == "0/12")
    #expect(shard(pilot(4, 60)) == "0/15")
    #expect(shard(pilot(100, 60)) == "0/1")
    #expect(pilot(nil, 500).folder == pilot(5, 500).folder)
    #expect(pilot(nil, 500).folder != pilot(nil, 500, ["--seed", "2"]).folder)
    #expect(pilot(nil, 500).folder.hasPrefix("/run/pilot-"))
    #expect(pilot(nil, 500).arguments.starts(with: ["certify", "--seed", "1"]))
  }
}
