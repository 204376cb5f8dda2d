#!/usr/bin/env python3
"""Independent model of AKA: from K to the keys of UMTS, GSM, EPS and 5G.

    MILENAGE       3GPP TS 35.206, clause 4; AES by FIPS 197
    TUAK           3GPP TS 35.231, clauses 5 and 6, annex C (Keccak-f[1600])
    AUTN, AUTS     3GPP TS 33.102, clauses 6.3.2 and 6.3.3
    c2, c3         3GPP TS 33.102, clause 6.8.1.2
    KDF            3GPP TS 33.220, annex B.2
    KASME          3GPP TS 33.401, annex A.2; digits by TS 24.301, 9.9.3.12
    KAUSF ... KSEAF  3GPP TS 33.501, annexes A.2, A.4, A.5, A.6; the name by TS 24.501, 9.12.1
    CK', IK'       3GPP TS 33.402, annex A.2; TS 33.501, annex A.3
    EAP-AKA' keys  RFC 5448 and 9048, 3.3 and 3.4; KAUSF by TS 33.501, 6.1.3.1 and annex F

It needs no package: AES and Keccak are below, SHA-256 and HMAC are Python's own. TUAK works on lists of
bits, as its text numbers them, so no order of octets is assumed anywhere.

    aka_model.py --write N SEED     make ../aka-eps-5g.json with N random cases
    aka_model.py --check [FILE...]  the published answers agree, the file is what the model makes;
                                    FILE: 35.208 or 35.233 sets, by default ../milenage.json ../tuak.json

Every random value comes from SHAKE-256 over the seed and the case, so a run gives the same octets.
"""

import hashlib
import hmac
import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = VECTORS / "aka-eps-5g.json"
KNOWN_SETS = (VECTORS / "milenage.json", VECTORS / "tuak.json")


def xor(a, b):
    assert len(a) == len(b), (len(a), len(b))
    return bytes(x ^ y for x, y in zip(a, b))


# --------------------------------------------------------------------------- AES-128, FIPS 197


def gf_times(a, b):
    """The product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2)."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= 0x11B
        b >>= 1
    return product


def make_s_box():
    """The inverse, then the affine transformation with 63 (FIPS 197, 5.1.1)."""
    box = []
    for value in range(256):
        inverse = next((c for c in range(256) if gf_times(value, c) == 1), 0)
        result = 0
        for bit in range(8):
            taps = (bit, bit + 4, bit + 5, bit + 6, bit + 7)
            result |= ((0x63 >> bit & 1) ^ (sum(inverse >> (tap % 8) & 1 for tap in taps) & 1)) << bit
        box.append(result)
    return box


S_BOX = make_s_box()


def aes_round_keys(key):
    """FIPS 197, 5.2, for Nk = 4: eleven round keys of 16 octets."""
    words = [list(key[i:i + 4]) for i in range(0, 16, 4)]
    constant = 1
    for i in range(4, 44):
        word = list(words[-1])
        if i % 4 == 0:
            word = [S_BOX[octet] for octet in word[1:] + word[:1]]
            word[0] ^= constant
            constant = gf_times(constant, 2)
        words.append([a ^ b for a, b in zip(words[i - 4], word)])
    return [sum(words[i:i + 4], []) for i in range(0, 44, 4)]


def aes(key, block):
    """One block (FIPS 197, 5.1). The state is column by column, as the octets come."""
    assert len(key) == 16 and len(block) == 16
    keys = aes_round_keys(key)
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 11):
        state = [S_BOX[octet] for octet in state]
        state = [state[(4 * column + 4 * row + row) % 16] for column in range(4) for row in range(4)]
        if number < 10:
            mixed = []
            for column in range(4):
                a = state[4 * column:4 * column + 4]
                for row in range(4):
                    b = a[row:] + a[:row]
                    mixed.append(gf_times(b[0], 2) ^ gf_times(b[1], 3) ^ b[2] ^ b[3])
            state = mixed
        state = [a ^ b for a, b in zip(state, keys[number])]
    return bytes(state)


# --------------------------------------------------------------------------- MILENAGE, TS 35.206


def rotate(block, r):
    """Cyclic rotation by r bits towards the most significant bit."""
    value = int.from_bytes(block, "big")
    return ((value << r | value >> (128 - r)) & (1 << 128) - 1).to_bytes(16, "big")


# The constants of TS 35.206, clause 4: r1 to r5 and c1 to c5.
MILENAGE_R = {1: 64, 2: 0, 3: 32, 4: 64, 5: 96}
MILENAGE_C = {1: 0, 2: 1, 3: 2, 4: 4, 5: 8}


class Milenage:
    name = "milenage"

    def __init__(self, k, op=None, opc=None):
        self.k = k
        self.opc = xor(aes(k, op), op) if opc is None else opc

    def out(self, number, rand, in1=None):
        """OUT1 to OUT5 of TS 35.206, clause 4."""
        temp = aes(self.k, xor(rand, self.opc))
        constant = MILENAGE_C[number].to_bytes(16, "big")
        if number == 1:
            inner = xor(xor(temp, rotate(xor(in1, self.opc), MILENAGE_R[1])), constant)
        else:
            inner = xor(rotate(xor(temp, self.opc), MILENAGE_R[number]), constant)
        return xor(aes(self.k, inner), self.opc)

    def f1(self, rand, sqn, amf):
        return self.out(1, rand, (sqn + amf) * 2)[:8]

    def f1_star(self, rand, sqn, amf):
        return self.out(1, rand, (sqn + amf) * 2)[8:]

    def f2345(self, rand):
        out2 = self.out(2, rand)
        return out2[8:], self.out(3, rand), self.out(4, rand), out2[:6]

    def f5_star(self, rand):
        return self.out(5, rand)[:6]


# --------------------------------------------------------------------------- Keccak-f[1600], TS 35.231 annex C


def lfsr_bit(t):
    """rc[t]: the coefficient of x^0 in x^t modulo x^8 + x^6 + x^5 + x^4 + 1."""
    value = 1
    for _ in range(t % 255):
        value <<= 1
        if value & 0x100:
            value ^= 0x171
    return value & 1


ROUND_CONSTANTS = [sum(lfsr_bit(j + 7 * i) << (2 ** j - 1) for j in range(7)) for i in range(24)]


def make_offsets():
    """rho: (x, y) walks from (1, 0) with the matrix 0 1 / 2 3; the offset is (t + 1)(t + 2) / 2."""
    offsets, x, y = {(0, 0): 0}, 1, 0
    for t in range(24):
        offsets[x, y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return offsets


OFFSETS = make_offsets()
LANES = [(x, y) for y in range(5) for x in range(5)]
ALL_ONES = (1 << 64) - 1


def lane_rotate(lane, n):
    """Bit z goes to z + n."""
    return (lane << n | lane >> (64 - n)) & ALL_ONES


def keccak_f(bits):
    """1600 bits to 1600 bits: s[64(5y + x) + z] = a[x][y][z]. A lane holds bit z at weight 2^z."""
    a = {(x, y): sum(bits[64 * (5 * y + x) + z] << z for z in range(64)) for x, y in LANES}
    for constant in ROUND_CONSTANTS:
        column = [a[x, 0] ^ a[x, 1] ^ a[x, 2] ^ a[x, 3] ^ a[x, 4] for x in range(5)]
        theta = [column[(x - 1) % 5] ^ lane_rotate(column[(x + 1) % 5], 1) for x in range(5)]
        a = {(x, y): a[x, y] ^ theta[x] for x, y in LANES}
        b = {(y, (2 * x + 3 * y) % 5): lane_rotate(a[x, y], OFFSETS[x, y]) for x, y in LANES}
        a = {(x, y): b[x, y] ^ (~b[(x + 1) % 5, y] & ALL_ONES & b[(x + 2) % 5, y]) for x, y in LANES}
        a[0, 0] ^= constant
    return [a[x, y] >> z & 1 for x, y in LANES for z in range(64)]


# --------------------------------------------------------------------------- TUAK, TS 35.231


def to_bits(octets):
    """Bit 0 is the most significant bit of the first octet (TS 35.231, 4.2)."""
    return [octet >> (7 - i) & 1 for octet in octets for i in range(8)]


def from_bits(bits):
    return bytes(sum(bit << (7 - i) for i, bit in enumerate(bits[at:at + 8])) for at in range(0, len(bits), 8))


ALGONAME = to_bits(b"TUAK1.0")
TUAK_LENGTH = {32: [0, 0, 0], 64: [0, 0, 1], 128: [0, 1, 0], 256: [1, 0, 0]}


class Tuak:
    """Lengths in bits: mac 64, 128, 256; res 32, 64, 128, 256; ck and ik 128, 256; k by its octets."""

    name = "tuak"

    def __init__(self, k, lengths, iterations=1, top=None, topc=None):
        self.k, self.lengths, self.iterations = k, lengths, iterations
        self.long_k = [1 if len(k) == 32 else 0]
        self.topc = from_bits(self.run(top, [0] * 7 + self.long_k)[255::-1]) if topc is None else topc

    def run(self, top, instance, rand=bytes(16), amf=bytes(2), sqn=bytes(6)):
        """IN of TS 35.231, 6.1 to 6.5. Each value stands there with its last bit first."""
        bits = to_bits(top)[::-1] + instance[::-1] + ALGONAME[::-1]
        bits += to_bits(rand)[::-1] + to_bits(amf)[::-1] + to_bits(sqn)[::-1]
        key = to_bits(self.k)[::-1]
        bits += key + [0] * (256 - len(key))
        bits += [1] * 5 + [0] * 314 + [1] + [0] * 512
        assert len(bits) == 1600 and bits[1087] == 1
        for _ in range(self.iterations):
            bits = keccak_f(bits)
        return bits

    @staticmethod
    def taken(out, start, length):
        """X[0] ... X[length - 1] = OUT[start + length - 1] ... OUT[start]."""
        return from_bits(out[start:start + length][::-1])

    def mac(self, first, rand, sqn, amf):
        length = self.lengths["mac"]
        instance = [first, 0] + TUAK_LENGTH[length] + [0, 0] + self.long_k
        return self.taken(self.run(self.topc, instance, rand, amf, sqn), 0, length)

    def f1(self, rand, sqn, amf):
        return self.mac(0, rand, sqn, amf)

    def f1_star(self, rand, sqn, amf):
        return self.mac(1, rand, sqn, amf)

    def f2345(self, rand):
        res, ck, ik = (self.lengths[name] for name in ("res", "ck", "ik"))
        instance = [0, 1] + TUAK_LENGTH[res] + [int(ck == 256), int(ik == 256)] + self.long_k
        out = self.run(self.topc, instance, rand)
        return self.taken(out, 0, res), self.taken(out, 256, ck), self.taken(out, 512, ik), self.taken(out, 768, 48)

    def f5_star(self, rand):
        return self.taken(self.run(self.topc, [1, 1, 0, 0, 0, 0, 0] + self.long_k, rand), 768, 48)


# --------------------------------------------------------------------------- vectors and conversions, TS 33.102


def autn(sqn, ak, amf, mac_a):
    """6.3.2: SQN xor AK, AMF, MAC-A."""
    return xor(sqn, ak) + amf + mac_a


def auts(algorithm, rand, sqn_ms):
    """6.3.3: SQN_MS xor AK*, MAC-S; the AMF in MAC-S is all zeros there."""
    return xor(sqn_ms, algorithm.f5_star(rand)) + algorithm.f1_star(rand, sqn_ms, bytes(2))


def sres_c2(xres):
    """6.8.1.2, c2: zeros up to 16 octets, then the four parts of four octets."""
    padded = xres + bytes(16 - len(xres))
    return xor(xor(padded[:4], padded[4:8]), xor(padded[8:12], padded[12:]))


def kc_c3(ck, ik):
    """6.8.1.2, c3: both halves of both keys."""
    return xor(xor(ck[:8], ck[8:]), xor(ik[:8], ik[8:]))


# --------------------------------------------------------------------------- EPS and 5G


def kdf(key, fc, *parameters):
    """TS 33.220, B.2: S = FC, P0, L0, P1, L1 ...; HMAC-SHA-256."""
    s = bytes([fc]) + b"".join(p + len(p).to_bytes(2, "big") for p in parameters)
    return hmac.new(key, s, hashlib.sha256).digest()


def sn_id(mcc, mnc):
    """TS 33.401, figure A.2-1: MCC 2 | 1, MNC 3 | MCC 3, MNC 2 | 1; the third digit is F when there is none."""
    d1, d2, d3 = (int(digit) for digit in mcc)
    n1, n2, n3 = [int(digit) for digit in mnc] + [0xF] * (3 - len(mnc))
    return bytes([d2 << 4 | d1, n3 << 4 | d3, n2 << 4 | n1])


def serving_network_name(mcc, mnc):
    """TS 24.501, 9.12.1: an MNC of two digits gets a zero in front."""
    return f"5G:mnc{mnc:0>3}.mcc{mcc}.3gppnetwork.org"


def kasme(ck, ik, plmn, sqn_xor_ak):
    return kdf(ck + ik, 0x10, plmn, sqn_xor_ak)


def kausf(ck, ik, name, sqn_xor_ak):
    return kdf(ck + ik, 0x6A, name.encode(), sqn_xor_ak)


def res_star(ck, ik, name, rand, res):
    """TS 33.501, A.4: the 128 least significant bits."""
    return kdf(ck + ik, 0x6B, name.encode(), rand, res)[16:]


def hres_star(rand, star):
    """TS 33.501, A.5: the 128 least significant bits of SHA-256."""
    return hashlib.sha256(rand + star).digest()[16:]


def kseaf(key, name):
    return kdf(key, 0x6C, name.encode())


def prime_keys(ck, ik, name, sqn_xor_ak):
    """TS 33.402, A.2: CK' is the upper half."""
    both = kdf(ck + ik, 0x20, name.encode(), sqn_xor_ak)
    return both[:16], both[16:]


def eap_keys(ck_prime, ik_prime, identity):
    """RFC 9048, 3.3 and 3.4: MK = PRF'(IK' | CK', "EAP-AKA'" | Identity), 1664 bits."""
    seed, last, mk = b"EAP-AKA'" + identity.encode(), b"", b""
    for number in range(1, 8):
        last = hmac.new(ik_prime + ck_prime, last + seed + bytes([number]), hashlib.sha256).digest()
        mk += last
    return {"k_encr": mk[:16], "k_aut": mk[16:48], "k_re": mk[48:80], "msk": mk[80:144], "emsk": mk[144:208]}


# --------------------------------------------------------------------------- one case


def algorithm_of(given):
    if given["alg"] == "milenage":
        return Milenage(given["k"], given.get("op"), None if "op" in given else given["opc"])
    return Tuak(given["k"], given["lengths"], given["keccak_iterations"], given.get("top"),
                None if "top" in given else given["topc"])


def derive(given):
    """All that follows from what is given. Octets, except for `eap` and what was text or number before."""
    done = dict(given)
    if "serving_network" in given:
        done["sn_id"] = sn_id(**given["serving_network"])
        done["serving_network_name"] = serving_network_name(**given["serving_network"])
    if "k" in given:
        algorithm = algorithm_of(given)
        rand, sqn, amf = given["rand"], given["sqn"], given["amf"]
        done["opc" if given["alg"] == "milenage" else "topc"] = (
            algorithm.opc if given["alg"] == "milenage" else algorithm.topc)
        done["mac_a"], done["mac_s"] = algorithm.f1(rand, sqn, amf), algorithm.f1_star(rand, sqn, amf)
        done["xres"], done["ck"], done["ik"], done["ak"] = algorithm.f2345(rand)
        done["ak_s"] = algorithm.f5_star(rand)
        if len(done["mac_a"]) == 8:
            done["autn"] = autn(sqn, done["ak"], amf, done["mac_a"])
            done["auts"] = auts(algorithm, rand, sqn)
    if "xres" in done and len(done["xres"]) <= 16:
        done["sres_c2"] = sres_c2(done["xres"])
    if "ck" in done and len(done["ck"]) == len(done["ik"]) == 16:
        done["kc_c3"] = kc_c3(done["ck"], done["ik"])
        derive_keys(done)
    if "kausf" in done:
        done["kseaf"] = kseaf(done["kausf"], done["serving_network_name"])
    if "xres_star" in done:
        done["hxres_star"] = hres_star(done["rand"], done["xres_star"])
    return done


def derive_keys(done):
    """EPS and 5G: only for 128-bit CK and IK, and an AMF (if there is one) with the separation bit."""
    if "amf" in done and not done["amf"][0] & 0x80:
        return
    ck, ik = done["ck"], done["ik"]
    concealed = done.get("sqn_xor_ak")
    if concealed is None:
        concealed = xor(done["sqn"], done["ak"]) if "ak" in done else None
    name = done.get("serving_network_name", done.get("network_name"))
    if "serving_network" in done:
        if concealed is not None:
            done["kasme"] = kasme(ck, ik, done["sn_id"], concealed)
            done["kausf"] = kausf(ck, ik, name, concealed)
        if "xres" in done:
            done["xres_star"] = res_star(ck, ik, name, done["rand"], done["xres"])
    if name is None or concealed is None:
        return
    done["ck_prime"], done["ik_prime"] = prime_keys(ck, ik, name, concealed)
    if "identity" in done:
        done["eap"] = eap_keys(done["ck_prime"], done["ik_prime"], done["identity"])
        if "serving_network" in done:
            done["eap"]["kausf"] = done["eap"]["emsk"][:32]
            done["eap"]["kseaf"] = kseaf(done["eap"]["kausf"], name)


TEXT = {"alg", "name", "identity", "network_name", "serving_network", "serving_network_name", "lengths",
        "keccak_iterations"}
ORDER = ("name", "alg", "lengths", "keccak_iterations", "k", "op", "opc", "top", "topc", "rand", "sqn", "amf",
         "serving_network", "serving_network_name", "sn_id", "identity",
         "mac_a", "mac_s", "xres", "ck", "ik", "ak", "ak_s", "autn", "auts", "sres_c2", "kc_c3",
         "kasme", "kausf", "xres_star", "hxres_star", "kseaf", "ck_prime", "ik_prime",
         "eap")


def hexed(value):
    if isinstance(value, bytes):
        return value.hex()
    return {k: hexed(v) for k, v in value.items()} if isinstance(value, dict) else value


def unhexed(entry):
    return {k: v if k in TEXT else unhexed(v) if isinstance(v, dict) else bytes.fromhex(v) for k, v in entry.items()}


def written(done):
    assert set(done) <= set(ORDER), set(done) - set(ORDER)
    return {key: hexed(done[key]) for key in ORDER if key in done}


# --------------------------------------------------------------------------- random cases


class Stream:
    """Random values that depend on the seed and a label only."""

    def __init__(self, seed, label):
        self.label, self.count = f"aka-eps-5g 1|{seed}|{label}|", 0

    def octets(self, n):
        self.count += 1
        return hashlib.shake_256((self.label + str(self.count)).encode()).digest(n)

    def below(self, n):
        return int.from_bytes(self.octets(8), "big") % n

    def digits(self, n):
        return "".join(str(self.below(10)) for _ in range(n))


SQNS = {0: bytes(6), 1: bytes(5) + b"\1", 2: b"\xff" * 6, 3: bytes(5) + b"\x20"}


def random_case(seed, i, before):
    """Half MILENAGE, half TUAK. Each tenth repeats the one two before it with a zero before its two-digit MNC."""
    stream = Stream(seed, i)
    if i % 10 >= 8 and len(before[-2]["serving_network"]["mnc"]) == 2:
        given = dict(before[-2])
        network = given["serving_network"]
        return dict(given, name=f"{given['alg']}-{i + 1:03}", serving_network=dict(network, mnc="0" + network["mnc"]))
    j = i // 2
    given = {"alg": ("milenage", "tuak")[i % 2], "rand": stream.octets(16)}
    given["sqn"] = SQNS.get(stream.below(24)) or stream.octets(6)
    given["name"] = f"{given['alg']}-{i + 1:03}"
    amf = stream.octets(2)
    given["amf"] = bytes([amf[0] & 0x7F if j % 16 == 7 else amf[0] | 0x80, amf[1]])
    if given["alg"] == "milenage":
        given["k"] = stream.octets(16)
        given["opc" if j % 4 == 2 else "op"] = stream.octets(16)
    else:
        ck, ik = {5: (256, 256), 11: (128, 256), 17: (256, 128)}.get(j % 18, (128, 128))
        k = 128 if j % 2 == 0 else 256
        if j % 18 in (5, 11, 17) and stream.below(2):
            k = 128
        given["lengths"] = {"k": k, "mac": 64, "res": (32, 64, 128)[stream.below(3)], "ck": ck, "ik": ik}
        given["keccak_iterations"] = 2 if j % 7 == 3 else 1
        given["k"] = stream.octets(k // 8)
        given["topc" if j % 4 == 2 else "top"] = stream.octets(32)
    mnc = 2 if i % 10 in (6, 7) or stream.below(2) else 3
    given["serving_network"] = {"mcc": stream.digits(3), "mnc": stream.digits(mnc)}
    imsi = given["serving_network"]["mcc"] + given["serving_network"]["mnc"]
    given["identity"] = imsi + stream.digits(15 - len(imsi))
    return given


def random_cases(count, seed):
    cases = []
    for i in range(count):
        cases.append(random_case(seed, i, cases))
    return [derive(given) for given in cases]


# --------------------------------------------------------------------------- published answers


IDENTITY = "0555444333222111"
SET_19 = {"alg": "milenage", "k": "5122250214c33e723a5dd523fc145fc0", "op": "c9e8763286b5b9ffbdf56e1297d0887b",
          "rand": "81e92b6c0ee0e12ebceba8d92a99dfa5", "sqn": "16f3b3f70fc2", "amf": "c3ab", "identity": IDENTITY}
SET_19_AKA = {"autn": "bb52e91c747ac3ab2a5c23d15ee351d5", "xres": "28d7b0f2a2ec3de5",
              "ck": "5349fbe098649f948f5d2e973a81c00f", "ik": "9744871ad32bf9bbd1dd5ce54e3e2e5a"}
ARTIFICIAL = {"ck": "c0" * 16, "ik": "b0" * 16, "sqn_xor_ak": "a0" * 6, "identity": IDENTITY}
COUNTING = {"ck": "0102030405060708090a0b0c0d0e0f00", "ik": "02030405060708090a0b0c0d0e0f0001"}
TEST_PLMN = {"mcc": "001", "mnc": "01"}
RFC = "RFC 5448 appendix C and RFC 9048 appendix D, case {}"
WMNSK = "github:wmnsk/milenage@dcfc2da4e97357a6ab6e996042f66555964cd494 milenage_test.go, {}"
HELLOWORLD = "github:frankurcrazy/helloworld@fb01dc0a5ae580ac59848ad39fe5b502bf7192ab {}"
DUMMY = {"alg": "milenage", "k": "00112233445566778899aabbccddeeff", "op": "00112233445566778899aabbccddeeff",
         "rand": "00112233445566778899aabbccddeeff", "sqn": "000000000001", "amf": "8000", "serving_network": TEST_PLMN}
DUMMY_AKA = {"opc": "62e75b8d6fa5bf46ec87a9276f9df54d", "mac_a": "4af30b82a8531115", "xres": "700eb2300b2c4799",
             "ck": "b379874b3d183d2a21291d439e7761e1", "ik": "f4706f66629cf7ddf881d80025bf1255",
             "ak": "de656c8b0bce", "autn": "de656c8b0bcf80004af30b82a8531115",
             "xres_star": "31b6d938a5290ccc65bc829f9820a8d9"}

PUBLISHED = [
    {"name": "rfc5448-1", "source": RFC.format(1) + "; K, OP, SQN and AMF: TS 35.208 set 19",
     "given": dict(SET_19, network_name="WLAN"),
     "expect": dict(SET_19_AKA, ck_prime="0093962d0dd84aa5684b045c9edffa04",
                    ik_prime="ccfc230ca74fcc96c0a5d61164f5a76c", eap={
         "k_encr": "766fa0a6c317174b812d52fbcd11a179",
         "k_aut": "0842ea722ff6835bfa2032499fc3ec23c2f0e388b4f07543ffc677f1696d71ea",
         "k_re": "cf83aa8bc7e0aced892acc98e76a9b2095b558c7795c7094715cb3393aa7d17a",
         "msk": "67c42d9aa56c1b79e295e3459fc3d187d42be0bf818d3070e362c5e967a4d544"
                "e8ecfe19358ab3039aff03b7c930588c055babee58a02650b067ec4e9347c75a",
         "emsk": "f861703cd775590e16c7679ea3874ada866311de290764d760cf76df647ea01c"
                 "313f69924bdd7650ca9bac141ea075c4ef9e8029c0e290cdbad5638b63bc23fb"})},
    {"name": "rfc5448-2", "source": RFC.format(2) + "; K, OP, SQN and AMF: TS 35.208 set 19",
     "given": dict(SET_19, network_name="HRPD"),
     "expect": dict(SET_19_AKA, ck_prime="3820f0277fa5f77732b1fb1d90c1a0da",
                    ik_prime="db94a0ab557ef6c9ab48619ca05b9a9f", eap={
         "k_encr": "05ad73ac915fce89ac77e1520d82187b",
         "k_aut": "5b4acaef62c6ebb8882b2f3d534c4b35277337a00184f20ff25d224c04be2afd",
         "k_re": "3f90bf5c6e5ef325ff04eb5ef6539fa8cca8398194fbd00be425b3f40dba10ac",
         "msk": "87b321570117cd6c95ab6c436fb5073ff15cf85505d2bc5bb7355fc21ea8a757"
                "57e8f86a2b138002e05752913bb43b82f868a96117e91a2d95f526677d572900",
         "emsk": "c891d5f20f148a1007553e2dea555c9cb672e9675f4a66b4bafa027379f93aee"
                 "539a5979d0a0042b9d2ae28bed3b17a31dc8ab75072b80bd0c1da612466e402c"})},
    {"name": "rfc5448-3", "source": RFC.format(3), "given": dict(ARTIFICIAL, network_name="WLAN"),
     "expect": {"ck_prime": "cd4c8e5c68f57dd1d7d7dfd0c538e577", "ik_prime": "3ece6b705dbbf7dfc459a11280c65524", "eap": {
         "k_encr": "897d302fa2847416488c28e20dcb7be4",
         "k_aut": "c40700e7722483ae3dc7139eb0b88bb558cb3081eccd057f9207d1286ee7dd53",
         "k_re": "0a591a22dd8b5b1cf29e3d508c91dbbdb4aee23051892c42b6a2de66ea504473",
         "msk": "9f7dca9e37bb22029ed986e7cd09d4a70d1ac76d95535c5cac40a7504699bb89"
                "61a29ef6f3e90f183de5861ad1bedc81ce9916391b401aa006c98785a5756df7",
         "emsk": "724de00bdb9e568187be3fe746114557d5018779537ee37f4d3c6c738cb97b9d"
                 "c651bc19bfadc344ffe2b52ca78bd8316b51dacc5f2b1440cb9515521cc7ba23"}}},
    {"name": "rfc5448-4", "source": RFC.format(4), "given": dict(ARTIFICIAL, network_name="HRPD"),
     "expect": {"ck_prime": "8310a71ce6f754889613da8f64d5fb46", "ik_prime": "5adf14360ae838192db23f6fcb7f8c76", "eap": {
         "k_encr": "745e7439ba238f50fcac4d15d47cd1d9",
         "k_aut": "3e1d2aa4e677025cfd862a4be18361a13a645765571463df833a9759e8099879",
         "k_re": "99da835e2ae82462576fe6516fad1f802f0fa1191655dd0a273da96d04e0fcd3",
         "msk": "c6d3a6e0ceea951eb20d74f32c3061d0680a04b0b086ee8700ace3e0b95fa026"
                "83c287beee44432294ff98af26d2cc783bace75c4b0af7fdfeb5511ba8e4cbd0",
         "emsk": "7fb56813838adafa99d140c2f198f6dacebfb6afee444961105402b508c7f363"
                 "352cb2919644b50463e6a69354150147ae09cbc54b8a651d8787a6893ed8536d"}}},
    {"name": "res-star-dummy", "source": WMNSK.format("case OP/dummy values"), "given": DUMMY,
     "expect": dict(DUMMY_AKA, mac_s="23fc01ba24031362", ak_s="b9ac50c48a83")},
    {"name": "res-star-set-1", "source": WMNSK.format("case OP/TS35207-1"),
     "given": {"alg": "milenage", "k": "465b5ce8b199b49faa5f0a2ee238a6bc", "op": "cdc202d5123e20f62b6d676ac72cb318",
               "rand": "23553cbe9637a89d218ae64dae47bf35", "sqn": "ff9bb4d0b607", "amf": "b9b9",
               "serving_network": TEST_PLMN},
     "expect": {"xres": "a54211d5e3ba50bf", "autn": "55f328b43577b9b94a9ffac354dfafb3",
                "xres_star": "f236a7417272bfb2d66d4d670733b527"}},
    {"name": "5g-aka-trace",
     "source": "a public text file headed `main.go output`, found by its content in an index that names no repository",
     "given": DUMMY,
     "expect": dict(DUMMY_AKA, hxres_star="3308fb7cf06a35f1cd086b904ce82ecf"),
     "left_out": {
         "why": "its KAUSF and KSEAF have `5G:mnc01.mcc001.3gppnetwork.org` in S, without the zero of TS 24.501,"
                " 9.12.1; its RES* has the zero",
         "unpadded_name": "5G:mnc01.mcc001.3gppnetwork.org",
         "kausf": "fe8d2546b6971c510329cd8ae34c177d6569486aa9b71159cc3b5c752a93bd10",
         "kseaf": "442ac77e2366d8084cb447883b03311065ea6bbd8753cf87e92c0669019cf829"}},
    {"name": "kasme-208-95",
     "source": "github:magma/magma@17245f9ab901e707dca742d83b8fe34d27a3a41d lte/cloud/go/crypto/milenage_test.go,"
               " TestGenerateEutranVector",
     "given": {"alg": "milenage", "k": "8baf473f2f8fd09487cccbd7097c6862", "opc": "8e27b6af0e692e750f32667a3b14605d",
               "rand": "000102030405060708090a0b0c0d0e0f", "sqn": "000000001cb7", "amf": "8000",
               "serving_network": {"mcc": "208", "mnc": "95"}},
     "expect": {"xres": "2daf873d73f310c6", "autn": "6fbfa3801f5780007bde59886e96e4fe",
                "ck": "f06e32f913eefb49fb72f109b3a5f3c8", "ik": "b06a7b460f4f53c4166bf4a2e0a0c25c",
                "kasme": "8748c1c0a2826fa405b1e27ea104434ae556c765e8f061ebdb8ae286c44616c2"}},
    {"name": "kasme-srsran",
     "source": "github:srsran/srsRAN_4G@15eaef21e286218a637bfd3d489f66c14199d9b3 lib/test/common/test_security_kdf.cc,"
               " test_generate_k_asme",
     "given": {"ck": "7bc15d69309cf3ec5d324404edd6f0f9", "ik": "c15d69309cf3ec5d324404edd6f0f97b",
               "ak": "5d69309cf3ec", "sqn": "0000000012d9", "serving_network": TEST_PLMN},
     "expect": {"kasme": "d5ef4d8f33266902295d42f322a2f2cf11fb2ccc124c09b4d88d361597037990"}},
    {"name": "kasme-counting", "source": HELLOWORLD.format("lte/keys/ReadMe.txt"),
     "given": dict(COUNTING, ak="030405060708", sqn="0000000000ff", serving_network=TEST_PLMN),
     "expect": {"kasme": "261caa51bcf6d5d7a93916dbf6b63d8bbcd188358f23cfb84f291516b13f53e1"}},
    {"name": "kausf-counting", "source": HELLOWORLD.format("5g/keys/ReadMe.txt"),
     "given": dict(COUNTING, ak="030405060708", sqn="0000000000ff", serving_network=TEST_PLMN),
     "expect": {"kausf": "20de4eb2b75c8dac301ad52773e2e37bd7b4b0c2fdb1c3751b98dd0df846aed5",
                "kseaf": "d2bbc63b0c141247341c0fca3dc3bffdc6bfc1813489342de8487e7e4dc3728b"}},
    {"name": "res-star-128", "source": HELLOWORLD.format("5g/keys/xres_star.c (input), hxres_star.c (its result)"),
     "given": dict(COUNTING, rand="00" * 16, xres="000102030405060708090a0b0c0d0e0f", serving_network=TEST_PLMN),
     "expect": {"xres_star": "157248ef1b852f19c3e6a5e5bedb675c"}},
    {"name": "res-star-set-19",
     "source": "github:free5gc/free5gc issue 21, comment of 2020-05-01; RAND, AUTN and RES are TS 35.208 set 19; the"
               " PLMN is not stated there: 001/01 was found to fit, as does the SUPI 00101...",
     "given": dict(SET_19, serving_network=TEST_PLMN),
     "expect": dict(SET_19_AKA, xres_star="0a2080921372afef5a5867275635782f")},
]
PUBLISHED += [
    {"name": f"plmn-{mcc}-{mnc}", "source": "github:osmocom/libosmocore@0cbfb38423da92f30029a87c5515691ce81a80ba"
     " tests/gsm0408/gsm0408_test.ok; TS 24.008, 10.5.5.15",
     "given": {"serving_network": {"mcc": mcc, "mnc": mnc}}, "expect": {"sn_id": octets}}
    for mcc, mnc, octets in (
        ("084", "98", "80f489"), ("000", "00", "00f000"), ("000", "000", "000000"), ("999", "999", "999999"),
        ("001", "02", "00f120"), ("001", "002", "002100"), ("012", "34", "10f243"), ("012", "034", "104230"),
        ("123", "456", "216354"))
]


# --------------------------------------------------------------------------- the file


def document(count, seed):
    return {
        "title": "AKA: UMTS, GSM, EPS and 5G keys from one challenge",
        "source": [
            "cases: model/aka_model.py, made from TS 35.206, 35.231, 33.102, 33.220, 33.401, 33.501, 33.402, RFC 9048",
            "published: the source of each; facts only",
        ],
        "notes": "All values are hex, but names, digits and identities. `cases` are seeded; what a case lacks is not"
                 " defined for it: EPS and 5G for CK or IK of 256 bits or an AMF without the separation bit, c3 for CK"
                 " or IK of 256 bits. mac_s has the AMF of the case; auts is for SQN_MS = SQN and has MAC-S with AMF"
                 " 0000 (TS 33.102, 6.3.3). lengths are bits. ck_prime and ik_prime have the serving network name."
                 " eap has the keys of EAP-AKA' for `identity` as it stands, and the KAUSF and KSEAF of that method."
                 " `published` has only what its source says: `given` may begin at CK and IK; network_name is the"
                 " access network identity; `left_out` are values of that source that don't follow the clauses, not"
                 " to be expected of anyone.",
        "count": count,
        "seed": seed,
        "cases": [written(case) for case in random_cases(count, seed)],
        "published": PUBLISHED,
    }


def text_of(doc):
    return json.dumps(doc, indent=1) + "\n"


# --------------------------------------------------------------------------- checks


class Tally:
    def __init__(self):
        self.agreed, self.failed = 0, 0

    def same(self, what, got, want):
        if got == want:
            self.agreed += 1
        else:
            self.failed += 1
            print("differs:", what, "got", got, "want", want)


def check_primitives(tally):
    key, block = bytes(range(16)), bytes.fromhex("00112233445566778899aabbccddeeff")
    tally.same("FIPS 197, C.1", aes(key, block).hex(), "69c4e0d86a7b0430d8cdb78070b4c55a")
    for message in (b"", b"abc", bytes(135)):
        padded = bytearray(message + bytes(136 - len(message)))
        padded[len(message)] ^= 0x06
        padded[135] ^= 0x80
        out = keccak_f([octet >> i & 1 for octet in bytes(padded) + bytes(64) for i in range(8)])
        digest = bytes(sum(out[8 * at + i] << i for i in range(8)) for at in range(32))
        tally.same(f"SHA3-256 of {len(message)} octets", digest, hashlib.sha3_256(message).digest())


NAMES = {"f1": "mac_a", "f1*": "mac_s", "f2": "xres", "f3": "ck", "f4": "ik", "f5": "ak", "f5*": "ak_s"}


def check_milenage(tally, sets):
    for part in ("umts", "umts_35207"):
        for entry in sets[part]:
            done = derive(unhexed({"alg": "milenage", "k": entry["K"], "op": entry["OP"], "rand": entry["RAND"],
                                   "sqn": entry["SQN"], "amf": entry["AMF"]}))
            label = f"{part} set {entry['set']} "
            for theirs, ours in dict(NAMES, OPc="opc").items():
                tally.same(label + theirs, done[ours].hex(), entry[theirs])
            derived = entry.get("derived", {})
            ours = {"AUTN": "autn", "AUTS_for_SQNms=SQN_AMF0000": "auts", "GSM_SRES_1": "sres_c2", "GSM_Kc": "kc_c3"}
            for name in derived.keys() & ours.keys():
                tally.same(label + name, done[ours[name]].hex(), derived[name])
    for entry in sets["gsm"]:
        done = derive(unhexed({"alg": "milenage", "k": entry["Ki"], "opc": entry["OPc"], "rand": entry["RAND"],
                               "sqn": "00" * 6, "amf": "0000"}))
        tally.same(f"gsm set {entry['set']} SRES", done["sres_c2"].hex(), entry["SRES_1"])
        tally.same(f"gsm set {entry['set']} Kc", done["kc_c3"].hex(), entry["Kc"])
    for entry in sets["auts"]:
        algorithm = Milenage(bytes.fromhex(entry["K"]), opc=bytes.fromhex(entry["OPc"]))
        rand, given = bytes.fromhex(entry["RAND"]), bytes.fromhex(entry["AUTS"])
        sqn = xor(given[:6], algorithm.f5_star(rand))
        opened = sqn.hex() if auts(algorithm, rand, sqn) == given else None
        tally.same("AUTS " + entry["source"], opened, entry["SQN_MS"])


def check_tuak(tally, sets):
    for entry in sets["tuak"]:
        lengths = {name.lower(): bits for name, bits in entry["lengths"].items()}
        given = unhexed({"alg": "tuak", "k": entry["K"], "top": entry["TOP"], "rand": entry["RAND"],
                         "sqn": entry["SQN"], "amf": entry["AMF"], "lengths": lengths,
                         "keccak_iterations": entry["keccak_iterations"]})
        done = derive(given)
        for theirs, ours in dict(NAMES, TOPc="topc").items():
            tally.same(f"{entry['name']} {theirs}", done[ours].hex(), entry[theirs])
        again = derive(dict({k: v for k, v in given.items() if k != "top"}, topc=done["topc"]))
        tally.same(entry["name"] + " from TOPc", again["mac_a"], done["mac_a"])
    for entry in sets["keccak_f1600"]:
        out = keccak_f([octet >> i & 1 for octet in bytes.fromhex(entry["IN"]) for i in range(8)])
        octets = bytes(sum(out[8 * at + i] << i for i in range(8)) for at in range(200))
        tally.same(entry["set"], octets.hex(), entry["OUT"])


def check_published(tally):
    for entry in PUBLISHED:
        done = hexed(derive(unhexed(entry["given"])))
        for key, want in entry["expect"].items():
            for name, value in (want.items() if isinstance(want, dict) else [(None, want)]):
                tally.same(f"{entry['name']} {key} {name or ''}", done[key][name] if name else done.get(key), value)
        check_left_out(tally, entry, unhexed(done))


def check_left_out(tally, entry, done):
    """That a value left out is explained: with the fault named there, the model gives it."""
    if "left_out" in entry:
        fault = entry["left_out"]
        key = kausf(done["ck"], done["ik"], fault["unpadded_name"], xor(done["sqn"], done["ak"]))
        explained = key.hex() == fault["kausf"] and kseaf(key, fault["unpadded_name"]).hex() == fault["kseaf"]
        if not explained or done["kausf"] == key:
            tally.same(entry["name"] + " left out", "not explained", "explained")


def check_file(tally):
    stored = OUTPUT.read_text()
    doc = json.loads(stored)
    tally.same("the file", text_of(document(doc["count"], doc["seed"])) == stored, True)
    seen = [(case.get("kasme"), case.get("kausf"), case["serving_network"]["mnc"]) for case in doc["cases"]]
    pairs = sum(a[0] != b[0] and a[1] == b[1] and "0" + a[2] == b[2] for a, b in zip(seen, seen[2:]) if a[1])
    lengths = [(c["alg"], *c.get("lengths", {}).values()) for c in doc["cases"]]
    print(len(seen), "cases of", len(set(lengths)), "shapes;",
          sum(s[0] is not None for s in seen), "with EPS and 5G keys;",
          sum(len(s[2]) == 3 for s in seen), "with three digits of MNC;", pairs, "pairs NN and 0NN")


def check(paths):
    tally = Tally()
    check_primitives(tally)
    for path in paths:
        if not path.exists():
            tally.same(path.name, "is not there", "is there")
            continue
        sets = json.loads(path.read_text())
        known = tally.agreed
        (check_tuak if "tuak" in sets else check_milenage)(tally, sets)
        print(path.name, "answers that agree:", tally.agreed - known)
    known = tally.agreed
    check_published(tally)
    print("published answers that agree:", tally.agreed - known, "in", len(PUBLISHED), "cases")
    check_file(tally)
    print("agreed:", tally.agreed, "failed:", tally.failed)
    return tally.failed == 0


def main(arguments):
    if arguments[:1] == ["--write"] and len(arguments) == 3:
        OUTPUT.write_text(text_of(document(int(arguments[1]), arguments[2])))
        return True
    if arguments[:1] == ["--check"]:
        return check([pathlib.Path(name) for name in arguments[1:]] or KNOWN_SETS)
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
