import Basics
import Diffusion
import Testing

@Suite struct NoiseGridTests {
  struct Linspace: Decodable {
    var start: Double
    var timesteps: Int
    var points: [Double]
  }

  @Test func `generated points are NumPy's linspace, bit for bit`() throws {
    for reference in try fixture("linspace", as: [Linspace].self) {
      let grid = try NoiseGrid(from: ModelNoise(reference.start), timesteps: reference.timesteps)
      #expect(grid.points.map(\.sigma) == reference.points)
    }
  }

  @Test func `the reference protocol evaluates points 1 to 124 and steps 5 to 123`() throws {
    let start = PixelNoise(0.25).inModelSpace
    let grid = try NoiseGrid(from: start)
    #expect(grid.levels.map(\.row) == Array(1...124))
    let steps = try grid.steps(above: start)
    #expect(steps.map(\.lower.row) == Array(5...123))
    #expect(steps.allSatisfy { $0.upper == grid.points[$0.lower.row + 1] })
    #expect(grid.levels.allSatisfy { abs($0.spacing - 2.5 / 125) < 1e-15 })
  }

  @Test func `three points leave one level and need no skipped steps`() throws {
    let grid = try NoiseGrid(from: ModelNoise(1), timesteps: 3)
    #expect(grid.levels == [NoiseLevel(row: 1, noise: ModelNoise(2), spacing: 1)])
    #expect(throws: UsageError.self) { try grid.steps(above: ModelNoise(1)) }
    // Step 0 begins at σ_τ, where κ is singular; step 1 ends at the point 3, which is not evaluated.
    #expect(throws: UsageError.self) { try grid.steps(above: ModelNoise(1), skipping: 0) }
    #expect(try NoiseGrid(from: ModelNoise(1), timesteps: 4).steps(above: ModelNoise(1), skipping: 0).count == 1)
  }

  @Test(arguments: [(3.0, 126), (3.5, 126), (.nan, 126), (-1, 126), (0.5, 2), (0.5, -1), (0.5, 1_000_000_000)])
  func `an impossible generated grid is a usage error`(start: Double, timesteps: Int) {
    #expect(throws: UsageError.self) { try NoiseGrid(from: ModelNoise(start), timesteps: timesteps) }
  }

  @Test(arguments: [0, 1, 2])
  func `skipping fewer steps never reaches the singular one`(skipped: Int) throws {
    let grid = try NoiseGrid(from: ModelNoise(0.5), timesteps: 8)
    let steps = try grid.steps(above: ModelNoise(0.5), skipping: skipped)
    #expect(steps.map(\.lower.row) == Array(max(1, skipped)...5))
  }

  @Test func `skipping too many or a negative number of steps is a usage error`() throws {
    let grid = try NoiseGrid(from: ModelNoise(0.5), timesteps: 8)
    for skipped in [6, 7, 1000, -1] {
      #expect(throws: UsageError.self) { try grid.steps(above: ModelNoise(0.5), skipping: skipped) }
    }
  }

  @Test func `an explicit grid is taken whole and its last spacing repeats the one before`() throws {
    let grid = try NoiseGrid(points: [0.5, 0.75, 1.5, 4])
    #expect(grid.levels.map(\.spacing) == [0.25, 0.75, 2.5, 2.5])
    #expect(grid.levels.map(\.row) == [0, 1, 2, 3])
    let steps = try grid.steps(above: ModelNoise(0.5), skipping: 5)
    #expect(steps.map(\.lower.row) == [1, 2])
    #expect(steps.map(\.upper.sigma) == [1.5, 4])
    #expect(try NoiseGrid(points: [2.1]).levels == [NoiseLevel(row: 0, noise: ModelNoise(2.1), spacing: 1)])
  }

  @Test(arguments: [[], [0.5, 0.5], [1, 0.5], [0], [-1, 1], [1, .nan], [1, .infinity]])
  func `an unusable explicit grid is an input error`(points: [Double]) {
    #expect(throws: InputError.self) { try NoiseGrid(points: points) }
  }
}
