// SPDX-License-Identifier: Apache-2.0

package oldtls

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"hash"
	"slices"

	"carescan/scanner/probes/internal/hello"
)

// protection seals or opens the records of one direction, in their order. What does
// not open is an error and nothing more: no key of these sessions is worth an
// attack on the time that takes.
type protection interface {
	seal(kind byte, plain []byte) []byte
	open(kind byte, sealed []byte) ([]byte, error)
}

// protect makes the protection of one direction. The lengths of the keys are those
// of the suite, which every cipher accepts.
func (s spec) protect(version uint16, macKey, key, iv []byte) protection {
	r := records{version: version}
	switch {
	case s.aead != nil:
		aead, _ := s.aead(key)
		return &authenticated{r, aead, iv}
	case s.stream != nil:
		stream, _ := s.stream(key)
		return &streamed{r, stream, s.mac, macKey}
	}
	block, _ := s.block(key)
	return &chained{r, block, iv, s.mac, macKey}
}

func (s spec) blockSize() int {
	block, _ := s.block(make([]byte, s.keyLength))
	return block.BlockSize()
}

// records counts those of one direction.
type records struct {
	version  uint16
	sequence uint64
}

// head is what is authenticated before the content (RFC 5246 section 6.2.3.1).
func (r *records) head(kind byte, length int) []byte {
	head := binary.BigEndian.AppendUint64(nil, r.sequence)
	r.sequence++
	head = binary.BigEndian.AppendUint16(append(head, kind), r.version)
	return binary.BigEndian.AppendUint16(head, uint16(length))
}

// authenticated is AES-GCM (RFC 5288) or ChaCha20-Poly1305 (RFC 7905).
type authenticated struct {
	records
	aead cipher.AEAD
	iv   []byte
}

// nonce is the fixed part and the number sent, or one mixed with the other.
func (a *authenticated) nonce(number []byte) []byte {
	if len(a.iv) < a.aead.NonceSize() {
		return slices.Concat(a.iv, number)
	}
	nonce := slices.Clone(a.iv)
	subtle.XORBytes(nonce[len(nonce)-len(number):], nonce[len(nonce)-len(number):], number)
	return nonce
}

func (a *authenticated) seal(kind byte, plain []byte) []byte {
	number := binary.BigEndian.AppendUint64(nil, a.sequence)
	var sent []byte
	if len(a.iv) < a.aead.NonceSize() {
		sent = slices.Clone(number)
	}
	return a.aead.Seal(sent, a.nonce(number), plain, a.head(kind, len(plain)))
}

func (a *authenticated) open(kind byte, sealed []byte) ([]byte, error) {
	number := binary.BigEndian.AppendUint64(nil, a.sequence)
	if len(a.iv) < a.aead.NonceSize() {
		if len(sealed) < len(number) {
			return nil, errBad
		}
		number, sealed = sealed[:len(number)], sealed[len(number):]
	}
	if len(sealed) < a.aead.Overhead() {
		return nil, errBad
	}
	opened, err := a.aead.Open(nil, a.nonce(number), sealed, a.head(kind, len(sealed)-a.aead.Overhead()))
	if err != nil {
		return nil, errBad
	}
	return opened, nil
}

// streamed is RC4, or nothing, after a MAC.
type streamed struct {
	records
	stream cipher.Stream
	mac    func() hash.Hash
	key    []byte
}

func (s *streamed) seal(kind byte, plain []byte) []byte {
	sealed := append(slices.Clone(plain), mac(s.mac, s.key, s.head(kind, len(plain)), plain)...)
	s.stream.XORKeyStream(sealed, sealed)
	return sealed
}

func (s *streamed) open(kind byte, sealed []byte) ([]byte, error) {
	opened := make([]byte, len(sealed))
	s.stream.XORKeyStream(opened, sealed)
	return s.verified(kind, opened, s.mac, s.key)
}

// verified takes off a MAC that is right.
func (r *records) verified(kind byte, opened []byte, newHash func() hash.Hash, key []byte) ([]byte, error) {
	length := len(opened) - newHash().Size()
	if length < 0 || subtle.ConstantTimeCompare(opened[length:], mac(newHash, key, r.head(kind, length), opened[:length])) != 1 {
		return nil, errBad
	}
	return opened[:length], nil
}

// chained is CBC: MAC, padding, then encryption (RFC 5246 section 6.2.3.2). Before
// TLS 1.1 the last block of a record begins the next one.
type chained struct {
	records
	block cipher.Block
	iv    []byte
	mac   func() hash.Hash
	key   []byte
}

func (c *chained) seal(kind byte, plain []byte) []byte {
	size := c.block.BlockSize()
	content := append(slices.Clone(plain), mac(c.mac, c.key, c.head(kind, len(plain)), plain)...)
	padding := size - len(content)%size
	for range padding {
		content = append(content, byte(padding-1))
	}
	if c.version > hello.TLS10 {
		iv := random(size)
		cipher.NewCBCEncrypter(c.block, iv).CryptBlocks(content, content)
		return append(iv, content...)
	}
	cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(content, content)
	c.iv = slices.Clone(content[len(content)-size:])
	return content
}

func (c *chained) open(kind byte, sealed []byte) ([]byte, error) {
	size := c.block.BlockSize()
	if len(sealed) == 0 || len(sealed)%size != 0 || c.version > hello.TLS10 && len(sealed) < 2*size {
		return nil, errBad
	}
	iv := c.iv
	if c.version > hello.TLS10 {
		iv, sealed = sealed[:size], sealed[size:]
	} else {
		c.iv = slices.Clone(sealed[len(sealed)-size:])
	}
	opened := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(c.block, iv).CryptBlocks(opened, sealed)
	padding := int(opened[len(opened)-1]) + 1
	if padding > len(opened) {
		return nil, errBad
	}
	return c.verified(kind, opened[:len(opened)-padding], c.mac, c.key)
}
