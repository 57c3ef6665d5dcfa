// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
	"carescan/scanner/probes/internal/hello"
)

// robot looks for the return of Bleichenbacher's oracle (CVE-2017-13099 and others;
// Böck, Somorovsky and Young, 2018): a server that answers a premaster secret
// otherwise when its padding is wrong lets whoever asks often enough decrypt with
// its key. Five secrets are sent, one well padded. Answers that differ must differ
// in the same way a second time. Whether the oracle is weak or strong changes only
// how many questions an attacker needs: both are affected.
func (l *look) robot(ctx context.Context, version uint16) fact.Offer {
	suites := slices.DeleteFunc(l.having(version, hello.StaticKey), func(id uint16) bool { return !strings.HasPrefix(hello.SuiteName(id), "TLS_RSA_WITH_") })
	if len(suites) == 0 {
		return l.traitOffer(hello.StaticKey) // nothing decrypts with the key
	}
	o := l.offer(version, suites[:min(len(suites), l.most(version))])
	for _, ends := range []bool{true, false} { // some servers show it only when the client stops short
		first, ok := l.oracle(ctx, o, ends)
		if !ok {
			return fact.OfferUnknown
		}
		if len(slices.Compact(slices.Clone(first))) == 1 {
			continue
		}
		if again, ok := l.oracle(ctx, o, ends); ok && slices.Equal(first, again) {
			return fact.Accepted
		}
		l.why[fact.FlawROBOT] = "the answers differ from one try to the next"
		return fact.OfferUnknown
	}
	return fact.Declined
}

// oracle collects the answers to the five secrets.
func (l *look) oracle(ctx context.Context, o hello.Offer, ends bool) ([]string, bool) {
	var answers []string
	for shape := range paddings {
		answer := ""
		r := l.provoked(ctx, o, func(conn net.Conn, a hello.Answer) { answer = answerTo(conn, a, shape, ends) })
		if answer == "" {
			l.why[fact.FlawROBOT] = "a handshake with an RSA key exchange was not answered"
			l.note(fact.FlawROBOT, lost(r))
			return nil, false
		}
		answers = append(answers, answer)
	}
	return answers, true
}

// answerTo sends one secret and tells how the server ends the handshake; nothing
// when it showed no RSA key.
func answerTo(conn net.Conn, a hello.Answer, shape int, ends bool) string {
	chain, _ := certificate.ParseChain(a.Certificates)
	if !a.Done || len(chain) == 0 {
		return ""
	}
	sent := secretRecords(chain[0], a.Version, shape, ends)
	if sent == nil {
		return ""
	}
	if _, err := conn.Write(sent); err != nil {
		return ending(0, 0, err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(quiet)); err != nil {
		return ""
	}
	head := make([]byte, 7)
	_, err := io.ReadFull(conn, head)
	return ending(head[0], head[6], err)
}

// ending names an answer. A reset and an end are one: which of them comes is often
// a matter of timing.
func ending(kind, description byte, err error) string {
	switch {
	case err == nil && kind == alert:
		return fmt.Sprintf("alert %d", description)
	case err == nil:
		return fmt.Sprintf("record %d", kind)
	case isTimeout(err):
		return "silence"
	case hungUp(err), errors.Is(err, net.ErrClosed):
		return "end"
	}
	return "failure"
}

// secretRecords are a ClientKeyExchange (RFC 5246 section 7.4.7.1) and, when the
// flight ends, a change of cipher and a Finished that no key has made.
func secretRecords(leaf *x509.Certificate, version uint16, shape int, ends bool) []byte {
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok || key.Size() < minRSA {
		return nil
	}
	const clientKeyExchange, handshake = 16, 22
	secret := new(big.Int).SetBytes(padded(key.Size(), version, shape))
	sealed := secret.Exp(secret, big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
	body := append(binary.BigEndian.AppendUint16(nil, uint16(len(sealed))), sealed...)
	sent := record(handshake, version, frame(clientKeyExchange, body)...)
	if ends {
		sent = slices.Concat(sent, record(cipherSpec, version, 1), record(handshake, version, make([]byte, 64)...))
	}
	return sent
}

// minRSA is the size in bytes under which no premaster secret fits (RFC 8017
// section 7.2.1).
const minRSA = 11 + secretSize

const secretSize = 48

// paddings are what is done to a well padded block: nothing, then what a careless
// server tells apart. They get the place of the zero that ends the padding.
var paddings = [...]func(block []byte, zero int){
	func([]byte, int) {},
	func(block []byte, _ int) { block[0], block[1] = 0x41, 0x17 },
	func(block []byte, zero int) { block[zero], block[len(block)-2] = 0x11, 0 },
	func(block []byte, zero int) { block[zero] = 0x11 },
	func(block []byte, zero int) { block[zero+1], block[zero+2] = 2, 2 },
}

// padded is a block of PKCS #1 (RFC 8017 section 7.2.1) around a premaster secret.
// No byte is zero but those placed.
func padded(size int, version uint16, shape int) []byte {
	block := make([]byte, size)
	// Reading randomness cannot fail (crypto/rand).
	_, _ = rand.Read(block)
	for i := range block {
		block[i] |= 1
	}
	zero := size - secretSize - 1
	block[0], block[1], block[zero] = 0, 2, 0
	binary.BigEndian.PutUint16(block[zero+1:], version)
	paddings[shape](block, zero)
	return block
}
