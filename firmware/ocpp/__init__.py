# SPDX-License-Identifier: MIT
"""Talks to a central system: OCPP 1.6J over a WebSocket. Imported only when one is configured."""
