import Basics
import Diffusion
import Foundation
import Noise

/// The fixed queries by which a served model is known: it has no file to take a digest of, so its behaviour is its
/// identity (Docs/Serving.md, Identity).
///
/// Query i of 32 is Philox noise under a fixed key. For a denoiser it has level sᵢ, from 0.02 to 20 evenly in ln s, x =
/// sᵢ·ε, and the labels 0, 1, …, K − 1, none, 0, … in turn; for a classifier it is x = ½ + ½·ε.
struct BehaviourProbe {
  static let count = 32
  /// The key: `ndc probe` in ASCII.
  private static let key: UInt64 = 0x6E64_6320_7072_6F62

  let signature: ServedSignature
  let isUnconditionalAvailable: Bool

  private struct Query {
    var x: [Float]
    var sigma: Float
    var label: Int64
  }

  private func query(_ index: Int) -> Query {
    let noise = NoiseStream(seed: Self.key, image: 0, vote: UInt32(index), purpose: .modelProbe)
      .normals(count: signature.imageShape.count)
    switch signature.kind {
    case .classifier: return Query(x: noise.map { 0.5 + 0.5 * $0 }, sigma: 0, label: 0)
    case .denoiser:
      let place = Double(index % Self.count) / Double(Self.count - 1)
      let sigma = Float(0.02 * exp(place * log(20 / 0.02)))
      let labels = signature.classCount + (isUnconditionalAvailable ? 1 : 0)
      let turn = labels == 0 ? 0 : index % labels
      return Query(
        x: noise.map { sigma * $0 }, sigma: sigma,
        label: turn == signature.classCount ? ServedDenoiser.noLabel : Int64(turn))
    }
  }

  /// The answers to queries, in their order, each as its bytes.
  ///
  /// - Parameter queries: any whole numbers; those from 32 on are others than the fingerprint's.
  private func answers(_ queries: [Int], _ exchange: InferenceExchange) throws -> [[UInt8]] {
    var answers: [[UInt8]] = []
    var start = 0
    while start < queries.count {
      let part = queries[start..<min(start + signature.batch, queries.count)].map(query)
      let x = part.flatMap(\.x)
      try x.withUnsafeBufferPointer { x in
        let isDenoiser = signature.kind == .denoiser
        let rows = InferenceExchange.Rows(
          x: x, sigma: isDenoiser ? part.map(\.sigma) : [], labels: isDenoiser ? part.map(\.label) : [])
        _ = try exchange.ask(rows) { values in
          let bytes = UnsafeRawBufferPointer(values)
          let row = 4 * signature.outputRow
          for place in part.indices.map({ $0 - part.startIndex }) {
            answers.append(Array(bytes[place * row..<(place + 1) * row]))
          }
        }
      }
      start += part.count
    }
    return answers
  }

  /// SHA-256 over the answers to the 32 queries, in their order: FP32, little-endian, row after row.
  func fingerprint(_ exchange: InferenceExchange) throws -> String {
    Self.digest(try answers(Array(0..<Self.count), exchange))
  }

  private static func digest(_ answers: [[UInt8]]) -> String {
    var digest = SHA256Digest()
    for answer in answers { answer.withUnsafeBytes { digest.update($0) } }
    return digest.finish()
  }

  /// Whether a row's answer depends on its companions, asked with all connections in flight.
  ///
  /// - Parameter exchanges: one per connection.
  func companions(_ exchanges: [InferenceExchange]) throws -> (dependence: CompanionDependence, digest: String) {
    guard let first = exchanges.first else { preconditionFailure("a model has a connection") }
    let alone = try answers(Array(0..<Self.count), first)
    // The same request again: another answer to it is no matter of its companions.
    guard try answers(Array(0..<Self.count), first) == alone else { return (.unrepeatable, Self.digest(alone)) }
    var dependence = CompanionDependence.none
    // The same requests while others are under way: a difference comes from a server that batches across requests.
    let together = try concurrently(exchanges) { place in
      place == 0 ? Array(0..<Self.count) : Self.strangers(place)
    }
    if together[0] != alone { dependence = .acrossRequests }
    // In another order, among other rows.
    let connections = exchanges.count
    let mixed = try concurrently(exchanges) { place in
      place == 0 ? Self.mixed() : Self.strangers(place + connections)
    }
    for (query, answer) in zip(Self.mixed(), mixed[0]) where query < Self.count && answer != alone[query] {
      dependence = max(dependence, .withinRequests)
    }
    return (dependence, Self.digest(alone))
  }

  /// Each exchange's queries on a thread of its own, all under way at once, however few cores there are.
  private func concurrently(
    _ exchanges: [InferenceExchange], _ queries: @escaping @Sendable (Int) -> [Int]
  ) throws -> [[[UInt8]]] {
    let results = SharedResults(count: exchanges.count)
    for (place, exchange) in exchanges.map(Lent.init).enumerated() {
      Thread { results.set(place, Result { try answers(queries(place), exchange.exchange) }) }.start()
    }
    return try results.all()
  }

  private final class SharedResults: Sendable {
    private let results: Mutex<[Result<[[UInt8]], any Error>?]>
    private let finished = DispatchSemaphore(value: 0)

    init(count: Int) { results = Mutex(Array(repeating: nil, count: count)) }

    func set(_ place: Int, _ result: sending Result<[[UInt8]], any Error>) {
      results.withLock { $0[place] = result }
      finished.signal()
    }

    /// Waits for all of them; a thread that hangs does not keep a cancelled task.
    func all() throws -> [[[UInt8]]] {
      for _ in 0..<results.withLock({ $0.count }) {
        while finished.wait(timeout: .now() + .milliseconds(50)) == .timedOut {
          if Task.isCancelled { throw CancellationError() }
        }
      }
      return try results.withLock { $0.compactMap(\.self) }.map { try $0.get() }
    }
  }

  /// Unchecked: each is used by one thread at a time.
  private struct Lent: @unchecked Sendable {
    let exchange: InferenceExchange
  }

  /// The 32 queries backwards, a stranger after every third.
  private static func mixed() -> [Int] {
    (0..<count).reversed().flatMap { $0 % 3 == 0 ? [$0, count + $0] : [$0] }
  }

  private static func strangers(_ place: Int) -> [Int] { (0..<count).map { count * (place + 1) + $0 } }
}
