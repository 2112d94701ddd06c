extension RunManifest {
  /// How many of so many images, the first ones of the run, are beyond the joint claim's N; nil where none are, and of
  /// a run that fixed no N.
  public func beyondClaim(_ images: Int) -> Int? { claim.flatMap { images > $0 ? images - $0 : nil } }
}
