# SPDX-License-Identifier: MIT
"""Transactions as the central system saw them, compared with the meter.

Frames are the objects of ocpp.jsonl: {"t_ms", "dir": "out" (charger) or "in", "frame": [...]}.
"""

TOLERANCE_WH = 5  # the register is read once in a while and energy flows in between
GONE_MS = 10_000  # a transaction may stay open so long after the car has left


class Transaction:
    """One StartTransaction and what became of it; times in ms, energy in Wh."""

    def __init__(self, t_ms, meter_start):
        self.started_ms = t_ms
        self.meter_start = meter_start
        self.id = None  # given by the central system
        self.accepted = False
        self.stopped_ms = None
        self.meter_stop = None
        self.acknowledged = False
        self.stops = 0


def well_formed(frame):
    """Is it an OCPP-J call, result or error? A run may hold broken frames on purpose."""
    if not isinstance(frame, list) or not frame or frame[0] not in (2, 3, 4):
        return False
    return len(frame) >= (4 if frame[0] == 2 else 3) and isinstance(frame[1], str)


def pair(frames):
    """Calls with their answers: [(call object, answer object or None)] in order of the calls."""
    waiting = {}
    pairs = []
    for item in frames:
        frame = item["frame"]
        if not well_formed(frame):
            continue
        if frame[0] == 2:
            waiting[(item["dir"], frame[1])] = len(pairs)
            pairs.append([item, None])
        else:
            asked_by = "in" if item["dir"] == "out" else "out"
            position = waiting.pop((asked_by, frame[1]), None)
            if position is not None:
                pairs[position][1] = item
    return pairs


def transactions(frames):
    """The Transactions in `frames`, and the stops of transactions nobody started."""
    known, strays = [], []
    for call, answer in pair(frames):
        frame = call["frame"]
        if call["dir"] != "out" or frame[2] not in ("StartTransaction", "StopTransaction"):
            continue
        good = answer is not None and answer["frame"][0] == 3
        if frame[2] == "StartTransaction":
            # the same call sent again after a lost answer is the same transaction
            one = next(
                (
                    item
                    for item in known
                    if item.id is None and item.meter_start == frame[3]["meterStart"]
                ),
                None,
            )
            if one is None:
                one = Transaction(call["t_ms"], frame[3]["meterStart"])
                known.append(one)
            if good:
                one.id = answer["frame"][2].get("transactionId")
                status = answer["frame"][2].get("idTagInfo", {}).get("status")
                one.accepted = status == "Accepted"
        else:
            one = next((item for item in known if item.id == frame[3]["transactionId"]), None)
            if one is None:
                strays.append((call["t_ms"], frame[3]["transactionId"]))
                continue
            if one.acknowledged:
                one.stops += 1
            one.stopped_ms = call["t_ms"]
            one.meter_stop = frame[3]["meterStop"]
            one.acknowledged = one.acknowledged or good
    return known, strays


def transactions_complete(record):
    """None, or (t_ms, text) for the first transaction that does not add up."""
    known, strays = transactions(record.frames)
    end_ms = record.duration_ms
    for t_ms, number in strays:
        return t_ms, "StopTransaction for transaction %s that was never started" % number
    for one in known:
        name = "transaction %s" % one.id
        if one.stops:
            return one.stopped_ms, "%s was stopped again after the stop was confirmed" % name
        if one.stopped_ms is None:
            left_ms = _car_left_ms(record, one.started_ms)
            if left_ms is not None and end_ms - left_ms > GONE_MS and not _offline(record):
                return end_ms, "%s is still open %d s after the car has left" % (
                    name,
                    (end_ms - left_ms) // 1000,
                )
            continue
        if one.meter_stop < one.meter_start:
            return one.stopped_ms, "%s: meterStop %d is below meterStart %d" % (
                name,
                one.meter_stop,
                one.meter_start,
            )
        readings = _meter_near(record, one)
        if readings and all(abs(one.meter_stop - wh) > TOLERANCE_WH for wh in readings):
            return one.stopped_ms, "%s: meterStop %d Wh, the meter says %s Wh" % (
                name,
                one.meter_stop,
                " or ".join(str(wh) for wh in sorted(readings)),
            )
    return None


def _meter_near(record, one):
    """Meter registers a stop may report: at its sending and at each opening of the contactor."""
    moments = [one.stopped_ms]
    for t_us, signal, value in record.edges:
        if signal in ("contactor", "power") and value == 0:
            if one.started_ms < t_us / 1000 <= one.stopped_ms:
                moments.append(t_us / 1000 + 500)
    found = set()
    rows = record.rows
    for moment in moments:
        row = next((row for row in rows if row["t_ms"] >= moment), rows[-1] if rows else None)
        if row:
            found.add(row["energy_wh"])
    return found


def _car_left_ms(record, since_ms):
    """When the car was unplugged for good after `since_ms`, None while it is still there."""
    left = None
    for t_us, signal, value in record.edges:
        if signal == "ev_plug" and t_us / 1000 >= since_ms:
            left = None if value else t_us / 1000
            if not value:
                return left
    return left


def _offline(record):
    """Is the central system out of reach at the end of the run?"""
    network = [event["up"] for event in record.events if event["do"] == "network"]
    power = [event["on"] for event in record.events if event["do"] == "power"]
    last = [edge[2] for edge in record.edges if edge[1] == "power"]
    return (network and not network[-1]) or (power and not power[-1]) or (last and not last[-1])


def was_granted(record, from_ms, to_ms):
    """Did the central system allow energy between the two times? True where it has no say."""
    if not record.frames or any(event["do"] == "network" for event in record.events):
        return True  # nobody to ask, or a cut network: then the charger's own list decides
    for call, answer in pair(record.frames):
        action = call["frame"][2]
        if call["dir"] == "in" and action == "RemoteStartTransaction":
            if from_ms <= call["t_ms"] <= to_ms:
                return True
        elif action in ("Authorize", "StartTransaction") and answer is not None:
            body = answer["frame"][2] if answer["frame"][0] == 3 else {}
            accepted = body.get("idTagInfo", {}).get("status") == "Accepted"
            if accepted and from_ms <= answer["t_ms"] <= to_ms:
                return True
    return False
