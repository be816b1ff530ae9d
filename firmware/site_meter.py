# SPDX-License-Identifier: MIT
"""The meter at the house connection, over Modbus TCP: what the whole site draws.

Same tables and values as the charger's own meter (drivers/meter_tables.py), "Modbus Messaging on
TCP/IP Implementation Guide" V1.0b for the frames. Asks once in a second; after any error it says
why (`error`), closes, waits and connects again, for ever. Whoever uses the values looks at
`age_ms` first.

    site = SiteMeter("192.168.1.40", "sdm630", time.ticks_ms)
    asyncio.create_task(site.run())
    site.l1_ma, site.age_ms(now_ms), site.error
"""

import asyncio

from drivers.meter_modbus import Values
from drivers.meter_tables import TABLES

PERIOD_S = 1
_PATIENCE_S = 3
_PAUSE_S = 5


class SiteMeter(Values):
    """One connection. kind: a name of TABLES; unit: the gateway's number of the meter."""

    def __init__(self, host, kind, now_ms, port=502, unit=1, address=None):
        super().__init__()
        self._host = host
        self._address = address  # None or coroutine(host, port): numeric address
        self._port = port
        self._unit = unit
        self._table = TABLES[kind]
        self._now_ms = now_ms
        self._number = 0
        self._request = bytearray(12)
        self.error = "not connected yet"

    async def run(self, pause_s=_PAUSE_S, period_s=PERIOD_S):
        """Ask for ever."""
        while True:
            writer = None
            try:
                host = self._host
                if self._address:
                    host = await self._address(host, self._port)
                reader, writer = await asyncio.wait_for(
                    asyncio.open_connection(host, self._port), _PATIENCE_S
                )
                while True:
                    for block in self._table:
                        await asyncio.wait_for(self._ask(reader, writer, block), _PATIENCE_S)
                    self.error = None
                    await asyncio.sleep(period_s)
            except asyncio.TimeoutError:
                self.error = "no answer within %d s" % _PATIENCE_S
            except (OSError, EOFError) as error:
                self.error = repr(error)
            except ValueError as error:
                self.error = str(error)
            if writer:
                writer.close()
            await asyncio.sleep(pause_s)

    async def _ask(self, reader, writer, block):
        function, register, count, values = block
        request = self._request
        self._number = (self._number + 1) & 0xFFFF
        request[0], request[1] = self._number >> 8, self._number & 0xFF
        request[5] = 6
        request[6], request[7] = self._unit, function
        request[8], request[9] = register >> 8, register & 0xFF
        request[11] = count
        writer.write(request)
        await writer.drain()
        head = await reader.readexactly(8)
        length = head[4] << 8 | head[5]
        if not 3 <= length <= 254:
            raise ValueError("answer of %d bytes: expected 3 to 254" % length)
        body = await reader.readexactly(length - 2)
        if head[0:2] != request[0:2] or head[6] != self._unit:
            raise ValueError("answer to another request")
        if head[7] != function or body[0] != 2 * count or len(body) != 1 + 2 * count:
            raise ValueError(
                "exception %d" % body[0] if head[7] & 0x80 else "answer of the wrong size"
            )
        self.take_block(values, body, 1)
        if block is self._table[0]:
            self._answered_ms = self._now_ms()
