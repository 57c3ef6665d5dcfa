// SPDX-License-Identifier: Apache-2.0

package oldtls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"  //nolint:gosec // what old servers speak
	"crypto/md5"  //nolint:gosec // as above
	"crypto/rc4"  //nolint:gosec // as above
	"crypto/sha1" //nolint:gosec // as above
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"carescan/scanner/probes/internal/hello"
)

// exchange is a way to agree on a secret.
type exchange int

const (
	exchangeRSA exchange = iota
	exchangeFinite
	exchangeCurve
)

// spec is how a suite protects what passes.
type spec struct {
	exchange  exchange
	keyLength int
	mac       func() hash.Hash // nil with a cipher that authenticates
	prf       func() hash.Hash // of TLS 1.2

	block  func(key []byte) (cipher.Block, error) // chained (CBC)
	stream func(key []byte) (cipher.Stream, error)
	aead   func(key []byte) (cipher.AEAD, error)
	fixed  int // bytes of the nonce that the keys give
}

// exchanges are the ways, by the first words of the names of suites.
var exchanges = map[string]exchange{
	"TLS_RSA": exchangeRSA, "TLS_DHE_RSA": exchangeFinite, "TLS_DHE_DSS": exchangeFinite, "TLS_DH_anon": exchangeFinite,
	"TLS_ECDHE_RSA": exchangeCurve, "TLS_ECDHE_ECDSA": exchangeCurve, "TLS_ECDH_anon": exchangeCurve,
}

var hashes = map[string]func() hash.Hash{"MD5": md5.New, "SHA": sha1.New, "SHA256": sha256.New, "SHA384": sha512.New384}

// ciphers are those spoken, by the middle words of the names of suites.
var ciphers = map[string]spec{
	"NULL":              {stream: func([]byte) (cipher.Stream, error) { return plain{}, nil }},
	"RC4_128":           {keyLength: 16, stream: func(key []byte) (cipher.Stream, error) { return rc4.NewCipher(key) }}, //nolint:gosec // as above
	"3DES_EDE_CBC":      {keyLength: 24, block: des.NewTripleDESCipher},
	"AES_128_CBC":       {keyLength: 16, block: aes.NewCipher},
	"AES_256_CBC":       {keyLength: 32, block: aes.NewCipher},
	"AES_128_GCM":       {keyLength: 16, aead: gcm, fixed: saltLength},
	"AES_256_GCM":       {keyLength: 32, aead: gcm, fixed: saltLength},
	"CHACHA20_POLY1305": {keyLength: 32, aead: chacha20poly1305.New, fixed: chacha20poly1305.NonceSize},
}

const saltLength = 4 // RFC 5288 section 3

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// plain is the cipher of suites that encrypt nothing.
type plain struct{}

// XORKeyStream copies.
func (plain) XORKeyStream(to, from []byte) { copy(to, from) }

// specOf reads a suite off its name: the registry is regular.
func specOf(id uint16) (spec, bool) {
	keys, rest, _ := strings.Cut(hello.SuiteName(id), "_WITH_")
	last := strings.LastIndex(rest, "_")
	way, agreed := exchanges[keys]
	if !agreed || last < 0 {
		return spec{}, false
	}
	s, known := ciphers[rest[:last]]
	digest, named := hashes[rest[last+1:]]
	s.exchange, s.prf = way, sha256.New // RFC 5246 section 5
	if rest[last+1:] == "SHA384" {
		s.prf = digest
	}
	if s.aead == nil {
		s.mac = digest
	}
	return s, known && named
}
