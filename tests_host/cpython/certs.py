# SPDX-License-Identifier: MIT
"""Certificates for the tests: those of the bench."""

from tools.bench.csms_certificates import DER, PEM, Signed, key_of

__all__ = ["DER", "PEM", "Signed", "key_of"]
