# SPDX-License-Identifier: MIT
"""RSA signatures with SHA-256, verified: PKCS #1 v1.5 and PSS (RFC 8017, 8.1.2 and 8.2.2).

One modular power with a small exponent; 2048 to 4096 bits. Signing is not done here.
"""

import hashlib

_DIGEST_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
_FEWEST = 256  # bytes of the modulus
_MOST = 512


def verify(modulus, exponent, digest, signature):
    """True when `signature` is one of the two kinds over a message with this SHA-256 digest."""
    return verify_pkcs1(modulus, exponent, digest, signature) or verify_pss(
        modulus, exponent, digest, signature
    )


def _opened(modulus, exponent, signature):
    """The signature's content as bytes as long as the modulus, or None."""
    n = len(signature)
    if not _FEWEST <= n <= _MOST or exponent < 3 or not modulus & 1:
        return None
    if modulus >> (8 * n) or not modulus >> (8 * n - 8):
        return None  # signature and modulus differ in length
    value = int.from_bytes(signature, "big")
    if value >= modulus:
        return None
    return pow(value, exponent, modulus).to_bytes(n, "big")


def verify_pkcs1(modulus, exponent, digest, signature):
    """RSASSA-PKCS1-v1_5; the one right content is built and compared, nothing is parsed."""
    content = _opened(modulus, exponent, signature)
    if content is None:
        return False
    filler = len(signature) - 3 - len(_DIGEST_INFO) - len(digest)
    return content == b"\x00\x01" + b"\xff" * filler + b"\x00" + _DIGEST_INFO + digest


def verify_pss(modulus, exponent, digest, signature):
    """RSASSA-PSS with MGF1 on SHA-256 and a salt of any length."""
    content = _opened(modulus, exponent, signature)
    if content is None or content[-1] != 0xBC:
        return False
    unused = 1  # leading bits that must be zero: the content has one bit less than the modulus
    while not modulus >> (8 * len(signature) - unused):
        unused += 1
    if unused == 8 + 1:
        return False
    seed = content[-33:-1]
    masked = content[:-33]
    if masked[0] >> (8 - unused):
        return False
    mask = _mgf1(seed, len(masked))
    plain = bytearray(masked[i] ^ mask[i] for i in range(len(masked)))
    plain[0] &= 0xFF >> unused
    at = bytes(plain).find(b"\x01")
    if at < 0 or any(plain[i] for i in range(at)):
        return False
    salt = bytes(plain[at + 1 :])
    return hashlib.sha256(b"\0" * 8 + digest + salt).digest() == seed


def _mgf1(seed, length):
    """Mask of `length` bytes (RFC 8017, B.2.1)."""
    mask = b""
    counter = 0
    while len(mask) < length:
        mask += hashlib.sha256(seed + counter.to_bytes(4, "big")).digest()
        counter += 1
    return mask[:length]
