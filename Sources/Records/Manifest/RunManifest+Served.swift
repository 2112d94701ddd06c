import Basics

extension RunManifest {
  /// How models are served that live elsewhere (Docs/Serving.md): what the votes depend on, and what tells whose they are.
  public struct Served: Hashable, Sendable, Codable {
    /// As the server calls itself; nil where the model itself is a file.
    public var server: String?
    public var serverVersion: String?
    public var versions: [String]?
    /// K and C×H×W as they were named.
    public var classes: Int?
    public var imageShape: [Int]?
    /// B, the rows of every request.
    public var batch: Int
    /// On which rows an answer depends: accepted by the user, and votes then have requests of their own.
    public var companionDependence: CompanionDependence

    public init(
      server: String?, serverVersion: String?, versions: [String]?, classes: Int?, imageShape: [Int]?, batch: Int,
      companionDependence: CompanionDependence
    ) {
      self.server = server
      self.serverVersion = serverVersion
      self.versions = versions
      self.classes = classes
      self.imageShape = imageShape
      self.batch = batch
      self.companionDependence = companionDependence
    }
  }
}
