import Certification
import Foundation
import Basics

/// Tells on standard error how far a run is: a bar on a terminal, otherwise a line now and then.
public final class RunProgress: Sendable {
  public enum Style: Hashable, Sendable {
    /// A bar redrawn in place.
    case bar(width: Int)
    /// A line every ten seconds or ten per cent, whichever is later, but at least one a minute.
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
    var isActive = false
  }

  /// Says nothing.
  public static let silent = RunProgress(.silent)

  private let style: Style
  private let seconds: @Sendable () -> Double
  private let write: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// Reports on standard error.
  public convenience init(_ style: Style = .automatic) {
    let clock = ContinuousClock()
    let start = clock.now
    self.init(
      style, seconds: { (clock.now - start) / .seconds(1) }, write: { FileHandle.standardError.write(Data($0.utf8)) })
  }

  /// Reports through `write`, with time as `seconds` tells it.
  package init(
    _ style: Style, seconds: @escaping @Sendable () -> Double, write: @escaping @Sendable (String) -> Void
  ) {
    self.style = style
    self.seconds = seconds
    self.write = write
  }

  /// Begins with `images` to do and `finishedBefore` done in earlier sessions; `votesPerImage` is nil where an image
  /// takes as many as it needs.
  func begin(images: Int, finishedBefore: Int, votesPerImage: Int?) {
    let now = seconds()
    state.withLock {
      $0 = State()
      $0.start = now
      $0.isActive = true
      $0.progress.images = images
      $0.progress.imagesBefore = finishedBefore
      $0.progress.votesPerImage = votesPerImage
      $0.lastFraction = $0.progress.fraction
      $0.lastTime = now
    }
  }

  func addVotes(_ votes: [Vote]) {
    report { progress in
      progress.votesDone += votes.count
      progress.evaluations += votes.reduce(0) { $0 + $1.evaluations }
    }
  }

  /// Images of one vote each that are finished, with what they cost.
  func addImages(evaluations: [Int]) {
    report { progress in
      progress.votesDone += evaluations.count
      progress.imagesDone += evaluations.count
      progress.evaluations += evaluations.reduce(0, +)
    }
  }

  func finishImage() { report { $0.imagesDone += 1 } }

  /// Ends the bar's line.
  func end() {
    let now = seconds()
    state.withLock { state in
      guard state.isActive else { return }
      state.isActive = false
      guard case .bar(let width) = style else { return }
      write("\r\u{1B}[K" + state.progress.bar(after: now - state.start, width: width) + "\n")
    }
  }

  private func report(_ update: (inout ProgressState) -> Void) {
    guard style != .silent else { return }
    let now = seconds()
    // Written under the lock: lines of several workers must not mix.
    state.withLock { state in
      update(&state.progress)
      guard state.isActive else { return }
      let elapsed = now - state.start
      let waited = now - state.lastTime
      switch style {
      case .silent: return
      case .bar(let width):
        guard waited >= 0.1 else { return }
        write("\r\u{1B}[K" + state.progress.bar(after: elapsed, width: width))
      case .lines:
        let advanced = state.progress.fraction - state.lastFraction >= 0.1
        guard waited >= 60 || waited >= 10 && advanced else { return }
        write(state.progress.text(after: elapsed) + "\n")
      }
      state.lastTime = now
      state.lastFraction = state.progress.fraction
    }
  }
}
