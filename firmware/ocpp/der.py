# SPDX-License-Identifier: MIT
"""Reads certificates: PEM to DER, and the few fields of an X.509 certificate that are needed.

MicroPython has no X.509 interface and mbedTLS as built for it takes DER only, while OCPP sends
PEM. Structure after RFC 5280, 4.1; everything is bounds-checked, a wrong one is a ValueError.
"""

import binascii
import hashlib

from firmware.clock import days_from_civil

_BEGIN = "-----BEGIN "
_RSA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"  # OID rsaEncryption


def blocks(text):
    """List of the DER of each PEM block in a text. Raises ValueError."""
    found = []
    at = text.find(_BEGIN)
    while at >= 0:
        head = text.find("-----", at + len(_BEGIN))
        end = text.find("-----END ", head)
        if head < 0 or end < 0:
            raise ValueError("PEM without end")
        body = text[head + 5 : end].strip()
        try:
            found.append(binascii.a2b_base64("".join(body.split())))
        except ValueError:
            raise ValueError("PEM is not base64")
        at = text.find(_BEGIN, end)
    return found


def tlv(data, at, end=None):
    """(tag, begin, end) of the element at `at`; its content is data[begin:end]."""
    if end is None:
        end = len(data)
    if at + 2 > end:
        raise ValueError("DER cut off")
    length = data[at + 1]
    begin = at + 2
    if length & 0x80:
        n = length & 0x7F
        if not 0 < n <= 2 or begin + n > end:
            raise ValueError("DER length")
        length = int.from_bytes(data[begin : begin + n], "big")
        begin += n
    if begin + length > end:
        raise ValueError("DER cut off")
    return data[at], begin, begin + length


def integer(data, at):
    """(value, end) of an INTEGER."""
    tag, begin, end = tlv(data, at)
    if tag != 2 or begin == end:
        raise ValueError("DER integer")
    return int.from_bytes(data[begin:end], "big"), end


class Certificate:
    """Fields of one certificate.

    serial (hexadecimal), issuer and subject (DER), not_before and not_after (unix seconds),
    key_bits (the public key without its wrapping), rsa (True for an RSA key), signed (the bytes
    under the signature), signature.
    """

    def __init__(self, data):
        _, outer, outer_end = tlv(data, 0)
        tag, tbs, tbs_end = tlv(data, outer, outer_end)
        if data[0] != 0x30 or tag != 0x30:
            raise ValueError("not a certificate")
        self.signed = data[outer:tbs_end]
        at = tbs
        tag, _, end = tlv(data, at, tbs_end)
        if tag == 0xA0:  # version
            at = end
        tag, begin, at = tlv(data, at, tbs_end)
        if tag != 2 or begin == at:
            raise ValueError("certificate without serial number")
        self.serial = _hex(data[begin:at])
        _, _, at = tlv(data, at, tbs_end)  # algorithm
        _, _, end = tlv(data, at, tbs_end)
        self.issuer = data[at:end]
        _, at, end = tlv(data, end, tbs_end)
        _, first, second = tlv(data, at, end)
        self.not_before = _time(data[first:second])
        _, first, third = tlv(data, second, end)
        self.not_after = _time(data[first:third])
        _, _, subject_end = tlv(data, end, tbs_end)
        self.subject = data[end:subject_end]
        _, at, end = tlv(data, subject_end, tbs_end)
        _, _, at_key = tlv(data, at, end)
        self.rsa = data.find(_RSA, at, at_key) >= 0
        tag, begin, end = tlv(data, at_key, end)
        if tag != 3 or end - begin < 2:
            raise ValueError("certificate without key")
        self.key_bits = data[begin + 1 : end]
        _, _, end = tlv(data, tbs_end, outer_end)
        _, begin, end = tlv(data, end, outer_end)
        self.signature = data[begin + 1 : end]

    def rsa_key(self):
        """(modulus, exponent) of an RSA key. Raises ValueError for any other."""
        if not self.rsa:
            raise ValueError("expected an RSA key")
        _, at, _ = tlv(self.key_bits, 0)
        modulus, at = integer(self.key_bits, at)
        return modulus, integer(self.key_bits, at)[0]

    def hash_data(self, issuer_key):
        """CertificateHashDataType; `issuer_key` are the key_bits of the issuer."""
        return {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": _digest(self.issuer),
            "issuerKeyHash": _digest(issuer_key),
            "serialNumber": self.serial,
        }


def _digest(data):
    return binascii.hexlify(hashlib.sha256(data).digest()).decode()


def _hex(data):
    """Serial number in hexadecimal without leading zeros, at most 40 digits."""
    text = binascii.hexlify(data).decode().lstrip("0")
    return text[:40] if text else "0"


def _time(data):
    """Unix seconds of UTCTime (two digits of the year) or GeneralizedTime."""
    text = data.decode()
    if len(text) == 13:
        text = ("19" if text[:2] >= "50" else "20") + text
    if len(text) != 15 or not text.endswith("Z") or not text[:14].isdigit():
        raise ValueError("certificate time")
    days = days_from_civil(int(text[:4]), int(text[4:6]), int(text[6:8]))
    return days * 86400 + int(text[8:10]) * 3600 + int(text[10:12]) * 60 + int(text[12:14])
