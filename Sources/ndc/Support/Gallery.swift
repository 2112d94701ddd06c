import NoisedDiffusionClassifiers
import Reports

extension HTMLReport.Gallery {
  /// The gallery with pictures, or with the reason why there are none.
  ///
  /// - Throws: `CancellationError` alone.
  init(_ run: ReportedRun, in folder: String, selection: GallerySelection, threads: Int) async throws {
    do {
      let indices = selection.entries.map { run.images[$0.position].index }
      let explainer = try RunExplainer(RunDirectory.readManifest(folder)) { Output.notice($0.description) }
      Output.notice("gallery: \(indices.count) images x up to \(explainer.evaluationsPerImage) evaluations")
      let most = indices.count * explainer.evaluationsPerImage
      let explanations = try await RunProgress().follow(evaluations: most) {
        try await explainer.explain(indices, threads: threads)
      }
      self.init(selection: selection, explanations: explanations)
    } catch let error as CancellationError {
      throw error
    } catch {
      Output.notice("no pictures of \(folder): \(error)")
      self.init(selection: selection, absence: "The run’s model and data could not be shown again: \(error).")
    }
  }
}
