// SPDX-License-Identifier: Apache-2.0

package hello

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// The versions, as they are written on the wire.
const (
	SSL2  uint16 = 0x0002
	SSL3  uint16 = 0x0300
	TLS10 uint16 = 0x0301
	TLS11 uint16 = 0x0302
	TLS12 uint16 = 0x0303
	TLS13 uint16 = 0x0304
)

// Suite is a cipher suite.
type Suite struct {
	ID   uint16
	Name string // of the IANA registry
}

// Trait is a property of suites; several make a set.
type Trait uint32

// The traits.
const (
	Export Trait = 1 << iota
	Null
	Anonymous
	RC4
	DES // single
	TripleDES
	StaticKey // RSA or static (EC)DH: no forward secrecy
	CBC
	AEAD // full-length tag
	CCM8
	DHE   // finite field, signed
	ECDHE // signed
	Only13
	Only12 // needs TLS 1.2
	// The certificate holds a key of that kind.
	RSA
	ECDSA
	DSS
	// The finite field may be smaller than for other suites of the same server: the rules
	// of export bound it, or it goes with the strength of an unsigned suite.
	ExportDH
	ShortDH
)

// traits reads them off the name: the registry is regular.
func (s Suite) traits() Trait {
	var t Trait
	for trait, has := range map[Trait]bool{
		Export:    s.has("_EXPORT"),
		Null:      s.has("_WITH_NULL_"),
		Anonymous: s.has("_anon_"),
		RC4:       s.has("_RC4_"),
		DES:       s.has("_DES_CBC_") || s.has("_DES40_") || s.has("_DES_64_"),
		TripleDES: s.has("_3DES_") || s.has("_EDE3_"),
		StaticKey: s.has("TLS_RSA_") || s.has("TLS_DH_RSA_") || s.has("TLS_DH_DSS_") || s.has("TLS_ECDH_RSA_") || s.has("TLS_ECDH_ECDSA_"),
		CBC:       s.has("_CBC_"),
		AEAD:      !s.has("_CCM_8") && (s.has("_GCM_") || s.has("_CCM") || s.has("_POLY1305_")),
		CCM8:      s.has("_CCM_8"),
		DHE:       s.has("TLS_DHE_"),
		ECDHE:     s.has("TLS_ECDHE_"),
		Only13:    !s.has("_WITH_"),
		Only12:    s.needs12(),
		RSA:       s.has("TLS_RSA_") || s.has("DHE_RSA_"),
		ECDSA:     s.has("DHE_ECDSA_"),
		DSS:       s.has("_DSS_"),
		ExportDH:  s.has("TLS_DH") && s.has("_EXPORT"),
		ShortDH:   s.has("TLS_DH_anon_") && !s.has("_EXPORT") && !s.has("_256_"),
	} {
		if has {
			t |= trait
		}
	}
	return t
}

func (s Suite) has(part string) bool { return strings.Contains(s.Name, part) }

// needs12 tells suites that TLS 1.2 brought (RFC 5246 section 1.2): they name
// the hash of the pseudo-random function, or authenticate while encrypting.
func (s Suite) needs12() bool {
	return s.has("_WITH_") && (strings.HasSuffix(s.Name, "_SHA256") || strings.HasSuffix(s.Name, "_SHA384") || s.has("_CCM"))
}

// Traits gives the traits of a suite; none when it is not known.
func Traits(id uint16) Trait {
	if i, found := find(id); found {
		return allTraits()[i]
	}
	return 0
}

// allTraits are the traits of the registry, in its order, read once.
var allTraits = sync.OnceValue(func() []Trait {
	var all []Trait
	for _, s := range registry {
		all = append(all, s.traits())
	}
	return all
})

// OldTraits gives the traits of a kind of cipher of SSL 2.0, where keys are always
// exchanged by RSA.
func OldTraits(name string) Trait {
	return Suite{Name: "TLS_RSA_" + name}.traits() &^ (Only12 | Only13)
}

// ranked are the suites of the registry, the most usual first, sorted once.
var ranked = sync.OnceValue(func() []uint16 {
	var ids []uint16
	for _, s := range registry {
		ids = append(ids, s.ID)
	}
	slices.SortStableFunc(ids, func(a, b uint16) int { return rank(a) - rank(b) })
	return ids
})

// SuiteName names a suite.
func SuiteName(id uint16) string {
	if i, found := find(id); found {
		return registry[i].Name
	}
	return fmt.Sprintf("0x%04X", id)
}

func find(id uint16) (int, bool) {
	return slices.BinarySearchFunc(registry[:], id, func(s Suite, id uint16) int { return int(s.ID) - int(id) })
}

// Suites lists the suites of a version that carry one of the traits, the most
// usual first; no trait means all of them.
func Suites(version uint16, wanted Trait) []uint16 {
	var ids []uint16
	for _, id := range ranked() {
		t := Traits(id)
		if (t&Only13 != 0) != (version == TLS13) || t&Only12 != 0 && version < TLS12 {
			continue
		}
		if wanted == 0 || t&wanted != 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// rank puts what servers usually run before the rest, so that the first of a
// list are those most likely to be accepted.
func rank(id uint16) int {
	t, name := Traits(id), SuiteName(id)
	rank := 0
	for i, worse := range []bool{
		strings.Contains(name, "CAMELLIA") || strings.Contains(name, "ARIA") || strings.Contains(name, "SEED") ||
			strings.Contains(name, "IDEA") || strings.Contains(name, "_CCM") || strings.Contains(name, "_DSS_") || strings.Contains(name, "SM4"),
		t&(Export|Null|Anonymous|DES) != 0 || strings.Contains(name, "_DH_") || strings.Contains(name, "_ECDH_"),
		t&(RC4|TripleDES) != 0,
		t&(CBC|StaticKey) != 0,
		t&DHE != 0,
	} {
		if worse {
			rank += 16 >> i
		}
	}
	return rank
}

// Usual lists up to 64 suites of a version that any server of its time takes
// one of.
func Usual(version uint16) []uint16 {
	suites := Suites(version, 0)
	return suites[:min(len(suites), MaxSuites)]
}

// MaxSuites is the most suites of one hello: some stacks refuse more
// (exposure-checks.md section 1.2).
const MaxSuites = 64

// VersionName is how facts call a version.
func VersionName(version uint16) string {
	switch version {
	case SSL2:
		return "SSL 2.0"
	case SSL3:
		return "SSL 3.0"
	case TLS10:
		return "1.0"
	case TLS11:
		return "1.1"
	case TLS12:
		return "1.2"
	case TLS13:
		return "1.3"
	}
	return fmt.Sprintf("0x%04X", version)
}
