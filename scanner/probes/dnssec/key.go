// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"encoding/base64"
	"math/big"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
)

// The RSA keys that the standard library verifies with.
const (
	minModulus = 1024
	maxModulus = 4096
)

// verifiable tells whether signatures of a key can be verified here. Where they
// cannot, nothing is said of the zone.
func verifiable(key *dns.DNSKEY) bool {
	if !isRSA(key.Algorithm) {
		return true
	}
	exponent, modulus := splitRSA(key)
	bits := modulus.BitLen()
	return bits >= minModulus && bits <= maxModulus && exponent.IsInt64() && exponent.Int64() < 1<<31
}

func isRSA(algorithm uint8) bool {
	switch algorithm {
	case dns.RSAMD5, dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512:
		return true
	}
	return false
}

// splitRSA reads the exponent and the modulus (RFC 3110 section 2); both are
// zero when the key is malformed.
func splitRSA(key *dns.DNSKEY) (exponent, modulus *big.Int) {
	exponent, modulus = new(big.Int), new(big.Int)
	raw, err := base64.StdEncoding.DecodeString(key.PublicKey)
	if err != nil || len(raw) < 3 {
		return exponent, modulus
	}
	size, rest := int(raw[0]), raw[1:]
	if size == 0 {
		size, rest = int(raw[1])<<8|int(raw[2]), raw[3:]
	}
	if size > len(rest) {
		return exponent, modulus
	}
	return exponent.SetBytes(rest[:size]), modulus.SetBytes(rest[size:])
}

// describeKeys keeps what a check may want to know of keys.
func describeKeys(keys []*dns.DNSKEY) []fact.ZoneKey {
	var described []fact.ZoneKey
	for _, key := range keys[:min(len(keys), maxKeys)] {
		k := fact.ZoneKey{Tag: int(key.KeyTag()), Algorithm: int(key.Algorithm), Entry: key.Flags&dns.SEP != 0}
		if isRSA(key.Algorithm) {
			_, modulus := splitRSA(key)
			k.Bits = modulus.BitLen()
		}
		described = append(described, k)
	}
	return described
}

func describePrints(prints []*dns.DS) []fact.DSPrint {
	var described []fact.DSPrint
	for _, ds := range prints[:min(len(prints), maxPrints)] {
		described = append(described, fact.DSPrint{Tag: int(ds.KeyTag), Algorithm: int(ds.Algorithm), Digest: int(ds.DigestType)})
	}
	return described
}
