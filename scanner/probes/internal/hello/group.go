// SPDX-License-Identifier: Apache-2.0

package hello

import "fmt"

// The groups that are named in code.
const (
	P224   uint16 = 21
	P256   uint16 = 23
	P384   uint16 = 24
	P521   uint16 = 25
	X25519 uint16 = 29
)

// groups are the names of the IANA registry "TLS Supported Groups".
var groups = map[uint16]string{
	1: "sect163k1", 2: "sect163r1", 3: "sect163r2", 4: "sect193r1", 5: "sect193r2",
	6: "sect233k1", 7: "sect233r1", 8: "sect239k1", 9: "sect283k1", 10: "sect283r1",
	11: "sect409k1", 12: "sect409r1", 13: "sect571k1", 14: "sect571r1",
	15: "secp160k1", 16: "secp160r1", 17: "secp160r2", 18: "secp192k1", 19: "secp192r1",
	20: "secp224k1", P224: "secp224r1", 22: "secp256k1", P256: "secp256r1", P384: "secp384r1", P521: "secp521r1",
	26: "brainpoolP256r1", 27: "brainpoolP384r1", 28: "brainpoolP512r1", X25519: "x25519", 30: "x448",
	31: "brainpoolP256r1tls13", 32: "brainpoolP384r1tls13", 33: "brainpoolP512r1tls13", 41: "curveSM2",
	256: "ffdhe2048", 257: "ffdhe3072", 258: "ffdhe4096", 259: "ffdhe6144", 260: "ffdhe8192",
	0x0200: "MLKEM512", 0x0201: "MLKEM768", 0x0202: "MLKEM1024",
	0x11EB: "SecP256r1MLKEM768", 0x11EC: "X25519MLKEM768", 0x11ED: "SecP384r1MLKEM1024",
}

// GroupName names a group.
func GroupName(id uint16) string {
	if name, known := groups[id]; known {
		return name
	}
	return fmt.Sprintf("0x%04X", id)
}

// Groups lists the groups of a version, the most usual first: curves up to TLS
// 1.2 (RFC 8422), the choice of RFC 8446 and its successors from TLS 1.3 on.
func Groups(version uint16) []uint16 {
	usual := []uint16{X25519, P256, P384, P521, 30}
	if version >= TLS13 {
		return append(usual, append(HybridGroups(), 256, 257, 258, 259, 260, 31, 32, 33, 41, 0x0200, 0x0201, 0x0202)...)
	}
	return append(append(usual, OlderGroups()...), WeakGroups()...)
}

// OlderGroups are curves that TLS 1.3 left, and that are no weaker than its own, but for
// P-224, whose order is under 250 bits (ANSSI PG-083, RègleCourbeElliptiqueGFp).
func OlderGroups() []uint16 { return []uint16{26, 27, 28, P224} }

// JudgedGroups13 are the groups of TLS 1.3 that a judgement may hold against a server:
// finite fields of 2048 bits, the curve of SM2, and ML-KEM without a curve beside it.
func JudgedGroups13() []uint16 { return []uint16{256, 41, 0x0200, 0x0201, 0x0202} }

// WeakGroups are the curves under 224 bits or outside the recommended list
// (EXP-TLS-07): characteristic two, and the secp…k1 family.
func WeakGroups() []uint16 {
	return []uint16{19, 16, 22, 20, 18, 17, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}
}

// HybridGroups join a curve and ML-KEM: they resist a quantum computer.
func HybridGroups() []uint16 { return []uint16{0x11EC, 0x11EB, 0x11ED} }
