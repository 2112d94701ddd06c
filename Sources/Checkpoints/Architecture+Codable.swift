/// `{"kind": "EDM", "sigmaData": 0.5}`, `{"kind": "VP", …}`, `{"kind": "VE"}`, `{"kind": "iDDPM", …}`.
extension Preconditioning: Codable {
  private enum Kind: String, Codable { case edm = "EDM", vp = "VP", ve = "VE", iddpm = "iDDPM", consistency, discrete }
  private enum CodingKeys: String, CodingKey { case kind, sigmaData, betaD, betaMin, steps, c1, c2, schedule }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    switch try fields.decode(Kind.self, forKey: .kind) {
    case .edm: self = .edm(sigmaData: try fields.decode(Double.self, forKey: .sigmaData))
    case .vp:
      self = .vp(
        betaD: try fields.decode(Double.self, forKey: .betaD),
        betaMin: try fields.decode(Double.self, forKey: .betaMin),
        steps: try fields.decode(Int.self, forKey: .steps))
    case .ve: self = .ve
    case .iddpm:
      self = .iddpm(
        c1: try fields.decode(Double.self, forKey: .c1), c2: try fields.decode(Double.self, forKey: .c2),
        steps: try fields.decode(Int.self, forKey: .steps))
    case .consistency: self = .consistency(sigmaData: try fields.decode(Double.self, forKey: .sigmaData))
    case .discrete: self = .discrete(try fields.decode(DiscreteSchedule.self, forKey: .schedule))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .edm(let sigmaData):
      try fields.encode(Kind.edm, forKey: .kind)
      try fields.encode(sigmaData, forKey: .sigmaData)
    case .vp(let betaD, let betaMin, let steps):
      try fields.encode(Kind.vp, forKey: .kind)
      try fields.encode(betaD, forKey: .betaD)
      try fields.encode(betaMin, forKey: .betaMin)
      try fields.encode(steps, forKey: .steps)
    case .ve: try fields.encode(Kind.ve, forKey: .kind)
    case .iddpm(let c1, let c2, let steps):
      try fields.encode(Kind.iddpm, forKey: .kind)
      try fields.encode(c1, forKey: .c1)
      try fields.encode(c2, forKey: .c2)
      try fields.encode(steps, forKey: .steps)
    case .consistency(let sigmaData):
      try fields.encode(Kind.consistency, forKey: .kind)
      try fields.encode(sigmaData, forKey: .sigmaData)
    case .discrete(let schedule):
      try fields.encode(Kind.discrete, forKey: .kind)
      try fields.encode(schedule, forKey: .schedule)
    }
  }
}

/// The network's own fields with a `kind`, "SongUNet", "DhariwalUNet", "DDPMUNet", "EDM2UNet" or "MultiHeadUNet".
extension Architecture.Network: Codable {
  private enum Kind: String, Codable {
    case song = "SongUNet"
    case dhariwal = "DhariwalUNet"
    case ddpm = "DDPMUNet"
    case edm2 = "EDM2UNet"
    case multiHead = "MultiHeadUNet"
  }
  private enum CodingKeys: String, CodingKey { case kind }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    switch try fields.decode(Kind.self, forKey: .kind) {
    case .song: self = .song(try SongUNetArchitecture(from: decoder))
    case .dhariwal: self = .dhariwal(try DhariwalUNetArchitecture(from: decoder))
    case .ddpm: self = .ddpm(try DDPMUNetArchitecture(from: decoder))
    case .edm2: self = .edm2(try EDM2UNetArchitecture(from: decoder))
    case .multiHead: self = .multiHead(try MultiHeadUNetArchitecture(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .song(let song):
      try fields.encode(Kind.song, forKey: .kind)
      try song.encode(to: encoder)
    case .dhariwal(let dhariwal):
      try fields.encode(Kind.dhariwal, forKey: .kind)
      try dhariwal.encode(to: encoder)
    case .ddpm(let ddpm):
      try fields.encode(Kind.ddpm, forKey: .kind)
      try ddpm.encode(to: encoder)
    case .edm2(let edm2):
      try fields.encode(Kind.edm2, forKey: .kind)
      try edm2.encode(to: encoder)
    case .multiHead(let multiHead):
      try fields.encode(Kind.multiHead, forKey: .kind)
      try multiHead.encode(to: encoder)
    }
  }
}
