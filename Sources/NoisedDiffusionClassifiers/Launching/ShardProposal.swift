import Statistics

/// Into how many shards a run is best split, and how long it then takes: the costs of a few images are drawn again for all
/// of them, and the shards go to whichever task is free.
///
/// It knows no slow nodes and no lost ones, and of the costliest images what the pilot saw: a lower bound more often than
/// not. `Benchmarks/makespan.py` replays whole runs.
public struct ShardProposal: Hashable, Sendable {
  /// What is expected of so many shards.
  public struct Outcome: Hashable, Sendable {
    public var shards: Int
    /// Seconds until the last image is finished, mean of the repetitions.
    public var makespan: Double
    /// Seconds of all images over tasks at once times makespan.
    public var efficiency: Double
  }

  /// Seconds of the pilot's images.
  public let costs: [Double]
  /// Images of the run.
  public let images: Int
  /// Seconds of a task before its first vote.
  public let startup: Double
  /// Tasks that run at once.
  public let tasks: Int

  /// Slurm's own limit on the tasks of an array, MaxArraySize, less one.
  public static let mostShards = 1000
  /// Larger shards are preferred where they take at most this much longer.
  private static let indifference = 1.01
  /// Images drawn for one outcome.
  private static let draws = 100_000
  private static let seed: UInt64 = 1

  public init(costs: [Double], images: Int, startup: Double, tasks: Int) {
    precondition(!costs.isEmpty && images > 0 && tasks > 0, "there is something to expect")
    (self.costs, self.images, self.startup, self.tasks) = (costs, images, startup, tasks)
  }

  /// Seconds of all images, expected.
  public var work: Double { costs.reduce(0, +) / Double(costs.count) * Double(images) }

  /// No number of shards takes less: the work divided evenly, or the start-up and the slowest image.
  public var bound: Double { max(work / Double(tasks), startup + (costs.max() ?? 0)) }

  /// The number of shards with the least makespan; of those that take hardly longer, the smallest.
  public var best: Outcome {
    let outcomes = candidates.map(outcome)
    let least = outcomes.map(\.makespan).min() ?? 0
    return outcomes.last { $0.makespan <= least * Self.indifference } ?? outcome(shards: images)
  }

  /// By 1, 2, 3, 4, 6, 8, 12, … images a shard, descending.
  private var candidates: [Int] {
    var sizes: [Int] = []
    var size = 1
    while size < 2 * images {
      sizes += size > 1 ? [size, size * 3 / 2] : [size]
      size *= 2
    }
    let shards = Set(sizes.map { (images + $0 - 1) / $0 } + [min(images, Self.mostShards)])
    return shards.filter { $0 <= Self.mostShards }.sorted(by: >)
  }

  public func outcome(shards: Int) -> Outcome {
    let repetitions = max(1, min(20, Self.draws / images))
    var random = ResamplingGenerator(seed: Self.seed)
    var (sum, work) = (0.0, 0.0)
    for _ in 0..<repetitions {
      var loads = [Double](repeating: startup, count: shards)
      for image in 0..<images {
        let cost = costs[random.index(below: costs.count)]
        loads[image % shards] += cost
        work += cost
      }
      sum += makespan(loads)
    }
    return Outcome(
      shards: shards, makespan: sum / Double(repetitions), efficiency: sum > 0 ? work / (Double(tasks) * sum) : 1)
  }

  /// Shards in order, each to the task that is free first.
  private func makespan(_ loads: [Double]) -> Double {
    // A heap: the earliest comes first.
    var free = [Double](repeating: 0, count: min(tasks, loads.count))
    var end = 0.0
    for load in loads {
      free[0] += load
      end = max(end, free[0])
      var place = 0
      while true {
        var child = 2 * place + 1
        guard child < free.count else { break }
        if child + 1 < free.count, free[child + 1] < free[child] { child += 1 }
        guard free[child] < free[place] else { break }
        free.swapAt(child, place)
        place = child
      }
    }
    return end
  }
}
