import NoisedDiffusionClassifiers

/// Slurm's commands, as a launch needs them.
enum Slurm {
  /// What waits or runs of a launch.
  ///
  /// - Parameter isNeeded: whether anything is to be submitted; otherwise nothing is known where there is no Slurm.
  /// - Throws: `UsageError` where there is no Slurm; `InputError` with what squeue says.
  static func queue(of launch: SlurmLaunch, isNeeded: Bool) throws -> SlurmQueue {
    let ending = try OtherProgram.run("squeue", SlurmQueue.arguments)
    if ending.status == 0 { return SlurmQueue(ending.output, of: launch) }
    guard isNeeded else {
      let why = ending.isAbsent ? "squeue is not found" : "squeue does not answer"
      Output.notice("what waits in the queue is not known: \(why)")
      return SlurmQueue()
    }
    if ending.isAbsent { throw absent("squeue", script: launch.jobFile) }
    throw InputError(
      "squeue does not say what is in the queue already, so nothing is submitted: \(ending.errors)",
      file: launch.jobFile)
  }

  /// The identifier of a submitted job.
  ///
  /// - Throws: `UsageError` where there is no Slurm; `InputError` with what sbatch says.
  static func submit(_ arguments: [String], script: String) throws -> String {
    let ending = try OtherProgram.run("sbatch", arguments)
    if ending.isAbsent { throw absent("sbatch", script: script) }
    guard ending.status == 0 else { throw InputError("sbatch refused the job: \(ending.errors)", file: script) }
    // `ID;cluster` where there are several.
    guard let job = ending.output.split(separator: ";").first.map(String.init), Int(job) != nil else {
      throw InputError("sbatch names no job", file: script, expected: "a number", found: ending.output)
    }
    return job
  }

  /// Takes jobs out of the queue that have not begun; one that is gone meanwhile does not matter.
  static func withdraw(_ jobs: [String]) throws {
    guard !jobs.isEmpty else { return }
    _ = try OtherProgram.run("scancel", ["--state=PENDING"] + jobs)
  }

  private static func absent(_ program: String, script: String) -> UsageError {
    UsageError(
      text:
        "there is no Slurm here: \(program) is not found; the script is \(script), to be submitted where there is one")
  }
}
