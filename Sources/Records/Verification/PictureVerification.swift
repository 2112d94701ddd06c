import Basics

/// Whether every record is about the picture that the run lists; nothing to check in runs that list none.
package struct PictureVerification {
  private let pictures: RunPictures?
  private let listed: [Int: PictureIdentity]
  private let count: Int

  package init(_ manifest: RunManifest) {
    pictures = manifest.pictures
    count = manifest.images.count
    listed = Dictionary(
      (manifest.pictures?.listed ?? []).map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
  }

  package func failures(_ lines: [ClaimedRun.Line]) -> [VerificationFailure] {
    guard let pictures else { return [] }
    var failures: [VerificationFailure] = []
    let claims = lines.compactMap(\.claim)
    for line in lines {
      guard let claim = line.claim else { continue }
      func require<Value: Equatable>(_ found: Value?, _ expected: Value?, _ field: String, _ problem: String) {
        guard found != expected else { return }
        func text(_ value: Value?) -> String { value.map { "\($0)" } ?? "nothing" }
        failures.append(
          VerificationFailure(
            problem, file: RunFile.recordsName, line: line.number, field: field, expected: text(expected),
            found: text(found)))
      }
      guard let picture = claim.picture else {
        require("nothing", "the picture's digest", "picture", "absent")
        continue
      }
      guard let expected = listed[claim.index] else { continue }
      require(picture.name, expected.name, "picture.name", "not the picture that run.json lists")
      require(picture.digest, expected.digest, "picture.digest", "not the picture that run.json lists")
      require(claim.label, expected.label, "label", "not the label that run.json lists")
    }
    // Where nothing is listed, a finished run's records are all the pictures that the digest is of.
    if pictures.listed == nil, failures.isEmpty, claims.count == count {
      let found = RunPictures.digest(claims.map(\.identity))
      if found != pictures.digest {
        failures.append(
          VerificationFailure(
            "the records are not about the pictures that run.json names", file: RunFile.manifestName,
            field: "pictures.digest", expected: found, found: pictures.digest))
      }
    }
    return failures
  }
}

extension ClaimedRecord {
  /// The picture as the record knows it.
  package var identity: PictureIdentity {
    PictureIdentity(index: index, name: picture?.name, label: label, digest: picture?.digest)
  }
}
