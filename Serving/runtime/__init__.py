"""Runs an adapter at one fixed batch on a device, behind Triton or MLServer."""
