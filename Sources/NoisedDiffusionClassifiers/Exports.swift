// One import is enough: everything a user of the library meets comes with it.
@_exported import Basics
@_exported import Certification
@_exported import Checkpoints
@_exported import Classifiers
@_exported import Datasets
@_exported import Diffusion
@_exported import Models
@_exported import Noise
@_exported import NumPyFiles
@_exported import Records
@_exported import Runs
@_exported import ServedModels
@_exported import Statistics
@_exported import UNets
