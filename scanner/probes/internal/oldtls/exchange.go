// SPDX-License-Identifier: Apache-2.0

package oldtls

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"fmt"
	"math/big"

	"carescan/scanner/probes/internal/certificate"
	"carescan/scanner/probes/internal/hello"
)

// The sizes in bits of what is computed with: a hostile server chooses it.
const (
	minModulus = 256
	maxModulus = 8192
)

// agree makes the share of the client and the premaster secret of a key exchange.
func agree(s spec, a hello.Answer, offered uint16) (share, premaster []byte, err error) {
	switch s.exchange {
	case exchangeRSA:
		return sealSecret(a, offered)
	case exchangeFinite:
		return finite(a)
	case exchangeCurve:
	}
	return curve(a)
}

// sealSecret encrypts a secret of ours with the key of the certificate (RFC 5246
// section 7.4.7.1).
func sealSecret(a hello.Answer, offered uint16) (share, premaster []byte, err error) {
	if len(a.Certificates) == 0 {
		return nil, nil, errBad
	}
	leaf, _, err := certificate.Parse(a.Certificates[0])
	if err != nil {
		return nil, nil, fmt.Errorf("read the key of the service: %w", err)
	}
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok || key.N.BitLen() > maxModulus || key.Size() < 11+masterLength {
		return nil, nil, errNotSpoken
	}
	premaster = random(masterLength)
	binary.BigEndian.PutUint16(premaster, offered)
	block := random(key.Size())
	for i := range block { // padding has no zero (RFC 8017 section 7.2.1)
		block[i] |= 1
	}
	block[0], block[1], block[len(block)-masterLength-1] = 0, 2, 0
	copy(block[len(block)-masterLength:], premaster)
	// The library seals nothing with a key of 512 bits.
	sealed := new(big.Int).Exp(new(big.Int).SetBytes(block), big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(sealed))), sealed...), premaster, nil
}

// finite is Diffie-Hellman in a finite field. The leading zeros of the secret are
// left out (RFC 5246 section 8.1.2).
func finite(a hello.Answer) (share, premaster []byte, err error) {
	one := big.NewInt(1)
	p, g, y := new(big.Int).SetBytes(a.Prime), new(big.Int).SetBytes(a.Generator), new(big.Int).SetBytes(a.Public)
	if p.BitLen() < minModulus || p.BitLen() > maxModulus || p.Bit(0) == 0 || g.Cmp(one) <= 0 || g.Cmp(p) >= 0 || y.Cmp(one) <= 0 || y.Cmp(p) >= 0 {
		return nil, nil, errNotSpoken
	}
	x := new(big.Int).SetBytes(random(minModulus / 8))
	public := new(big.Int).Exp(g, x, p).FillBytes(make([]byte, len(a.Prime)))
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(public))), public...), new(big.Int).Exp(y, x, p).Bytes(), nil
}

// curve is Diffie-Hellman on a named curve (RFC 8422 section 5.10).
func curve(a hello.Answer) (share, premaster []byte, err error) {
	group, known := map[uint16]ecdh.Curve{hello.X25519: ecdh.X25519(), hello.P256: ecdh.P256(), hello.P384: ecdh.P384(), hello.P521: ecdh.P521()}[a.Group]
	if !known {
		return nil, nil, errNotSpoken
	}
	theirs, err := group.NewPublicKey(a.Public)
	if err != nil {
		return nil, nil, fmt.Errorf("read the share of the service: %w", err)
	}
	ours, err := group.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	if premaster, err = ours.ECDH(theirs); err != nil {
		return nil, nil, fmt.Errorf("agree on a secret: %w", err)
	}
	public := ours.PublicKey().Bytes()
	return append([]byte{byte(len(public))}, public...), premaster, nil
}
