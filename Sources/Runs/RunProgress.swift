import Basics
import Certification
import Diffusion
import Foundation

/// Tells on standard error how far a run is: a bar on a terminal, otherwise a line now and then.
public final class RunProgress: Sendable {
  public enum Style: Hashable, Sendable {
    /// A bar redrawn in place, at least twice a second.
    case bar(width: Int)
    /// A line within ten seconds, then every ten seconds or ten per cent, whichever is later, but at least one a minute.
    case lines
    case silent

    /// A bar where standard error is a terminal, otherwise lines.
    public static var automatic: Style {
      guard isatty(STDERR_FILENO) == 1 else { return .lines }
      var size = winsize()
      let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      return .bar(width: known ? Int(size.ws_col) : 80)
    }
  }

  private struct State {
    var progress = ProgressState()
    var start = 0.0
    var lastTime = -Double.infinity
    var lastFraction = 0.0
    var hasSpoken = false
    var isActive = false
    var ticker: Ticker?
  }

  /// Says nothing.
  public static let silent = RunProgress(.silent)

  /// Seconds until the first line; the clock is looked at every second.
  private static let firstLine = 8.0
  /// Seconds between lines at most.
  private static let lines = 58.0

  private let style: Style
  private let seconds: @Sendable () -> Double
  private let write: @Sendable (String) -> Void
  /// Seconds between looks at the clock of its own; nil where only the run's news are occasions.
  private let interval: Double?
  private let state = Mutex(State())

  /// Reports on standard error.
  public convenience init(_ style: Style = .automatic) {
    let clock = ContinuousClock()
    let start = clock.now
    self.init(
      style, seconds: { (clock.now - start) / .seconds(1) }, interval: style == .lines ? 1 : 0.5,
      write: { StandardStream.errors.write($0) })
  }

  /// Reports through `write`, with time as `seconds` tells it.
  package init(
    _ style: Style, seconds: @escaping @Sendable () -> Double, interval: Double? = nil,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.style = style
    self.seconds = seconds
    self.write = write
    self.interval = interval
  }

  /// Carries out `work` as planned; the evaluations in it are counted as they go.
  package func follow<Value>(_ plan: WorkPlan, _ work: () async throws -> Value) async rethrows -> Value {
    guard style != .silent else { return try await work() }
    begin(plan)
    defer { end() }
    return try await EvaluationMeter.$observer.withValue(self) { try await work() }
  }

  /// Carries out `work`, which makes so many evaluations.
  public func follow<Value>(evaluations: Int, _ work: () async throws -> Value) async rethrows -> Value {
    try await follow(WorkPlan(evaluations: evaluations), work)
  }

  private func begin(_ plan: WorkPlan) {
    let now = seconds()
    let ticker = interval.map { Ticker(every: $0) { [weak self] in self?.tick() } }
    state.withLock { state in
      state = State()
      state.start = now
      state.isActive = true
      state.ticker = ticker
      state.progress.plan = plan
      state.lastFraction = state.progress.fraction
      state.lastTime = now
      if case .bar(let width) = style { write(state.progress.bar(after: 0, width: width)) }
    }
  }

  package func addVotes(_ votes: [Vote]) {
    report { progress in
      progress.votesDone += votes.count
      progress.voteEvaluations += votes.reduce(0) { $0 + $1.evaluations }
    }
  }

  /// Votes of an image under way that an earlier session cast: they count, but say nothing about the speed.
  package func addVotesBefore(_ votes: [Vote]) {
    guard !votes.isEmpty else { return }
    report { progress in
      progress.votesBefore += votes.count
      progress.evaluationsBefore += votes.reduce(0) { $0 + $1.evaluations }
    }
  }

  /// Images of one vote each that are finished, with what they cost.
  package func addImages(evaluations: [Int]) {
    report { progress in
      let sum = evaluations.reduce(0, +)
      progress.votesDone += evaluations.count
      progress.voteEvaluations += sum
      progress.imagesDone += evaluations.count
      progress.imageEvaluations += sum
    }
  }

  package func finishImage(evaluations: Int) {
    report { progress in
      progress.imagesDone += 1
      progress.imageEvaluations += evaluations
    }
  }

  /// Looks whether it is time to say something.
  package func tick() { report { _ in } }

  /// Ends the bar's line.
  private func end() {
    let now = seconds()
    state.withLock { state in
      guard state.isActive else { return }
      state.isActive = false
      state.ticker = nil
      guard case .bar(let width) = style else { return }
      write("\r\u{1B}[K" + state.progress.bar(after: now - state.start, width: width) + "\n")
    }
  }

  private func report(_ update: (inout ProgressState) -> Void) {
    guard style != .silent else { return }
    let now = seconds()
    // Written under the lock: lines of several workers must not mix.
    state.withLock { state in
      guard state.isActive else { return }
      update(&state.progress)
      let elapsed = now - state.start
      let waited = now - state.lastTime
      switch style {
      case .silent: return
      case .bar(let width):
        guard waited >= 0.1 else { return }
        write("\r\u{1B}[K" + state.progress.bar(after: elapsed, width: width))
      case .lines:
        let advanced = state.progress.fraction - state.lastFraction >= 0.1
        guard waited >= Self.lines || waited >= 10 && advanced || waited >= Self.firstLine && !state.hasSpoken
        else { return }
        write(state.progress.text(after: elapsed) + "\n")
      }
      state.hasSpoken = true
      state.lastTime = now
      state.lastFraction = state.progress.fraction
    }
  }
}

extension RunProgress: EvaluationObserver {
  package func evaluated(_ count: Int) { report { $0.evaluated += count } }
  package func advanced(by share: Double) { report { $0.underWay += share } }
}
