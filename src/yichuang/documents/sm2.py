"""SM2 signatures with SM3 (GB/T 32918.2, GB/T 32905), through tongsuopy; nothing else knows it.

Not a certified product: a deployment that needs 商用密码产品认证 signs in a certified device through
PKCS#11 or a signing service, and this module then only verifies. The identity mixed into each
digest is the default of GB/T 35276, "1234567812345678".
"""

from __future__ import annotations

from asn1crypto.keys import PublicKeyInfo
from cryptography.hazmat.primitives import hashes
from tongsuopy.backends.tongsuo import backend
from tongsuopy.crypto import hashes as tongsuo_hashes
from tongsuopy.crypto import serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm

CURVE_OID = "1.2.156.10197.1.301"
SIGNATURE_OID = "1.2.156.10197.1.501"
SM3_OID = "1.2.156.10197.1.401"
# The backend is named outright, and this made once: the package otherwise loads modules at each first
# use, and the isolated checker may open nothing.
_ECDSA_SM3 = ec.ECDSA(tongsuo_hashes.SM3())
_IDENTITY = b"1234567812345678"
# The recommended curve, GB/T 32918.5-2017 chapter 2: a, b, and the base point.
_A = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
_B = "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
_GX = "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
_GY = "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"


def sm3(data: bytes) -> bytes:
    """32 bytes (GB/T 32905)."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def make_key() -> bytes:
    """A new private key, PKCS #8 in PEM."""
    return ec.generate_private_key(ec.SM2()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_key(private_pem: bytes) -> bytes:
    """The SubjectPublicKeyInfo (DER) of a private key."""
    key = backend.load_pem_private_key(private_pem, None, False)
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def sign(private_pem: bytes, message: bytes) -> bytes:
    """A DER signature over the message, whose digest takes in the signer (`to_be_signed`)."""
    key = backend.load_pem_private_key(private_pem, None, False)
    return key.sign(message, _ECDSA_SM3)


def verify(public_key_info: bytes, message: bytes, signature: bytes) -> bool:
    """Whether it holds; a key or signature that is none at all does not."""
    try:
        key = backend.load_der_public_key(public_key_info)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(signature, message, _ECDSA_SM3)
    except (InvalidSignature, InternalError, UnsupportedAlgorithm, ValueError):
        return False
    return True


def to_be_signed(public_key_info: bytes, message: bytes) -> bytes:
    """e = SM3(Z ‖ message), 32 bytes: what a device is given that only signs digests.

    Z = SM3(ENTL ‖ ID ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA), GB/T 32918.2 §5.5.
    """
    point = PublicKeyInfo.load(public_key_info)["public_key"].native[1:]
    curve = bytes.fromhex(_A + _B + _GX + _GY)
    z = sm3((8 * len(_IDENTITY)).to_bytes(2, "big") + _IDENTITY + curve + point)
    return sm3(z + message)
