/// What the modules of a pickled network must be for the implementation here to be the one it was trained with.
protocol ModuleExpectations {
  /// The classes whose meaning the network implements; anything else below `ema` is refused.
  var classes: Set<String> { get }

  /// - Throws: `InputError` naming the module and the attribute; attributes that are absent are not judged.
  func check(_ module: EDMModule, file: String) throws
}
