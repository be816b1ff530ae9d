# SPDX-License-Identifier: MIT
"""Tools that stay on the host: bench, benchmarks, size."""
