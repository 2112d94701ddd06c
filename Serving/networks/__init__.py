"""Definitions of the networks in PyTorch, each standing once: what trains, serves and checks them imports them here."""
