# SPDX-License-Identifier: MIT
"""The zoo: every car in every story, to show that none is hurt or left hanging."""
