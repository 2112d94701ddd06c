import Foundation

/// Which estimation votes were against c_A: places from 0, ascending. With them what a confidence sequence made of the
/// votes, and where counting stopped, follow again exactly.
///
/// In JSON whichever form is the shorter, the first where neither is:
///
/// - `{"gaps": [5, 1, 174]}`: the first place, then how far each lies behind the one before, here 5, 6 and 180;
/// - `{"bits": "…"}`: base 64 of one bit a vote, 1 against, the first vote in the highest bit of the first byte, zero
///   bytes at the end left out: an eighth of a byte a vote, 4/3 of it as text.
///
/// A later form would have a name of its own. The other form than the shorter is refused, so that votes have one text.
public struct VotesAgainst: Hashable, Sendable {
  /// Places of more votes than this are not kept: a record stays a line that can be read.
  public static let mostTrials = 1 << 22

  /// As it is written: never larger in memory than some four times its text.
  private enum Form: Hashable, Sendable {
    case gaps([UInt32])
    case bits([UInt8])
  }

  private let form: Form
  /// How many there are.
  public let count: Int
  /// The least number of votes that there must be.
  public let span: Int

  /// - Precondition: places ascend, from 0 to below ``mostTrials``.
  public init(_ places: some Sequence<Int>) {
    var last = -1
    var gaps: [UInt32] = []
    for place in places {
      precondition(place > last && place < Self.mostTrials, "places of votes ascend")
      gaps.append(UInt32(last < 0 ? place : place - last))
      last = place
    }
    count = gaps.count
    span = last + 1
    form = Self.textLength(gaps) <= Self.textLength(span) ? .gaps(gaps) : .bits(Self.bits(gaps, span: span))
  }

  /// Where they are.
  public var places: [Int] {
    switch form {
    case .gaps(let gaps):
      var place = 0
      return gaps.map { gap in
        place += Int(gap)
        return place
      }
    case .bits(let bits): return Self.places(bits)
    }
  }

  private static func places(_ bits: [UInt8]) -> [Int] {
    bits.indices.flatMap { byte in
      (0..<8).compactMap { bits[byte] & (0x80 >> UInt8($0)) == 0 ? nil : 8 * byte + $0 }
    }
  }

  private static func bits(_ gaps: [UInt32], span: Int) -> [UInt8] {
    var bits = [UInt8](repeating: 0, count: (span + 7) / 8)
    var place = 0
    for gap in gaps {
      place += Int(gap)
      bits[place / 8] |= 0x80 >> UInt8(place % 8)
    }
    return bits
  }

  /// Digits, and commas between them.
  private static func textLength(_ gaps: [UInt32]) -> Int {
    gaps.reduce(max(0, gaps.count - 1)) { $0 + String($1).utf8.count }
  }

  /// Base 64 of a bit for each of `span` votes.
  private static func textLength(_ span: Int) -> Int { ((span + 7) / 8 + 2) / 3 * 4 }
}

extension VotesAgainst: Codable {
  private enum CodingKeys: String, CodingKey { case gaps, bits }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch form {
    case .gaps(let gaps): try container.encode(gaps, forKey: .gaps)
    case .bits(let bits): try container.encode(Data(bits).base64EncodedString(), forKey: .bits)
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func require(_ condition: Bool, _ complaint: String) throws {
      guard condition else {
        throw DecodingError.dataCorrupted(.init(codingPath: container.codingPath, debugDescription: complaint))
      }
    }
    if let gaps = try container.decodeIfPresent([UInt32].self, forKey: .gaps) {
      try require(!container.contains(.bits), "one form of the places is enough")
      var last = -1
      for gap in gaps {
        try require(last < 0 || gap > 0, "places do not ascend")
        last = max(last, 0) + Int(gap)
        try require(last < Self.mostTrials, "a place beyond the votes whose places are kept")
      }
      form = .gaps(gaps)
      count = gaps.count
      span = last + 1
      try require(Self.textLength(gaps) <= Self.textLength(span), "not the shorter form")
    } else if let text = try container.decodeIfPresent(String.self, forKey: .bits) {
      let bits = Data(base64Encoded: text).map { [UInt8]($0) } ?? []
      try require(bits.last ?? 0 != 0, "no bits that end in a vote")
      try require(bits.count <= Self.mostTrials / 8, "a place beyond the votes whose places are kept")
      let places = Self.places(bits)
      form = .bits(bits)
      count = places.count
      span = (places.last ?? -1) + 1
      var last = 0
      let gaps = places.map { place in
        defer { last = place }
        return UInt32(place - last)
      }
      try require(Self.textLength(gaps) > Self.textLength(span), "not the shorter form")
    } else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: container.codingPath,
          debugDescription: "places of votes in a form that this version does not know"))
    }
  }
}
