import Foundation

/// How the server behaves, from its command line: `--name value` or `--name`.
struct Options: Sendable {
  var port: UInt16 = 0
  /// `echo` returns x; otherwise what `ndc --model` takes; for a classifier `linear`.
  var model = "echo"
  var isClassifier = false
  var channels = 3
  var height = 32
  var width = 32
  var classes = 10
  /// Whether the answer is the request's own bytes.
  var isPlainEcho: Bool { model == "echo" && !isClassifier && variant == 0 && answersWithoutLabel }
  /// The rows that the metadata state; −1 for any.
  var rows = -1
  var hidesShape = false
  var hidesClasses = false
  var takesBytes = true
  var answersWithoutLabel = true
  /// Changes every answer a little: another model.
  var variant: Float = 0
  /// The token that requests must carry.
  var token: String?
  var fault = Fault.none
  /// Requests for inference before the fault shows.
  var after = 0
  /// For how many requests it shows.
  var times = Int.max
  /// Whether the version that it states is the number of connections so far.
  var countsConnections = false
  /// Written with the port once the server listens.
  var ready: String?

  enum Fault: String, Sendable {
    case none, slow, hang, shape, type, name, size, cut, long, nan, status, companions, across, unrepeatable, swap,
      text, header
  }
  /// Of `status`; milliseconds of `slow`.
  var value = 503

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    func usage(_ text: String) -> NSError { NSError(domain: text, code: 64) }
    while let flag = rest.popFirst() {
      switch flag {
      case "--classifier": isClassifier = true
      case "--count-connections": countsConnections = true
      case "--hide-shape": hidesShape = true
      case "--hide-classes": hidesClasses = true
      case "--json-only": takesBytes = false
      case "--always-labels": answersWithoutLabel = false
      default:
        guard let value = rest.popFirst() else { throw usage("\(flag) needs a value") }
        switch flag {
        case "--port": port = UInt16(value) ?? 0
        case "--model": model = value
        case "--shape":
          let sizes = value.split(separator: "x").compactMap { Int($0) }
          guard sizes.count == 3 else { throw usage("--shape \(value)") }
          (channels, height, width) = (sizes[0], sizes[1], sizes[2])
        case "--classes": classes = Int(value) ?? 0
        case "--rows": rows = Int(value) ?? -1
        case "--variant": variant = Float(value) ?? 0
        case "--token": token = value
        case "--fault":
          guard let known = Fault(rawValue: value) else { throw usage("--fault \(value)") }
          fault = known
        case "--after": after = Int(value) ?? 0
        case "--times": times = Int(value) ?? 0
        case "--value": self.value = Int(value) ?? 0
        case "--ready": ready = value
        default: throw usage("unknown option \(flag)")
        }
      }
    }
  }
}
