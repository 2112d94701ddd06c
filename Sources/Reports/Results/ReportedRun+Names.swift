import Foundation

extension ReportedRun {
  /// Gives runs of the same name different ones: by as much of the ends of their paths as tells them apart, and by number
  /// where they are of one path.
  public static func distinguish(_ runs: inout [ReportedRun]) {
    var positions: [String: [Int]] = [:]
    for (position, run) in runs.enumerated() { positions[run.name, default: []].append(position) }
    for same in positions.values where same.count > 1 {
      let paths = same.map { position in
        URL(fileURLWithPath: runs[position].source).standardizedFileURL.pathComponents.filter { $0 != "/" }
      }
      let different = Set(paths).count
      // What the name says already tells nothing.
      var endings = zip(same, paths).map { position, path in
        path.last == runs[position].title.base ? "" : path.last ?? ""
      }
      if different > 1 {
        let longest = paths.map(\.count).max() ?? 1
        let length = (1...max(1, longest)).first { length in Set(paths.map { $0.suffix(length) }).count == different }
        endings = paths.map { $0.suffix(length ?? longest).joined(separator: "/") }
      }
      for (number, position) in same.enumerated() {
        let ending = endings[number]
        if !ending.isEmpty { runs[position].title.distinction += " [\(ending)]" }
        if endings.count(where: { $0 == ending }) > 1 {
          let place = endings[...number].count { $0 == ending }
          runs[position].title.distinction += " (\(place))"
        }
      }
    }
  }
}
