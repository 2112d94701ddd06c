/// Sizes that let a first run finish in about a minute on two cores.
public enum QuickDefaults {
  public static let images = 20
  public static let votes = Preset.Votes(selection: 8, estimation: 48)
  public static let seed: UInt64 = 20_240_202
}
