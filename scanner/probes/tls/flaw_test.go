// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"crypto/rsa"
	"crypto/tls"
	"encoding/binary"
	"io"
	"math/big"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/loopback"
)

var allFlaws = []string{fact.FlawHeartbleed, fact.FlawCCS, fact.FlawROBOT, fact.FlawTicketbleed}

// TestFlawsOfSoundServers holds that servers of today have none of them, in every
// way of exchanging keys.
func TestFlawsOfSoundServers(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) *loopback.Network{
		"openssl":        openSSL(),
		"openssl-static": openSSL("-tls1_2", "-cipher", "kRSA"),
		"openssl-tls10":  openSSL("-tls1", "-cipher", "ALL:@SECLEVEL=0"),
		"openssl-tls13":  openSSL("-tls1_3"),
		"nginx":          nginx("ssl_protocols TLSv1.2 TLSv1.3;"),
		"go":             goServer(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door := start(t)
			door.Authorised = true
			got, _ := observe(t, door, Options{})
			for _, flaw := range allFlaws {
				if got.Flaws[flaw] != fact.Declined {
					t.Errorf("%s is %q, why %q", flaw, got.Flaws[flaw], got.Why[flaw])
				}
			}
		})
	}
}

// TestROBOT plays servers that decrypt a premaster secret and say what they think
// of its padding.
func TestROBOT(t *testing.T) {
	t.Parallel()
	pair := rsaSigned(t)
	key := pair.PrivateKey.(*rsa.PrivateKey)
	tests := map[string]struct {
		opinion func(block []byte) byte // the alert
		want    fact.Offer
	}{
		"sound":   {func([]byte) byte { return 20 }, fact.Declined},
		"strong":  {func(b []byte) byte { return 20 + 31*btoi(b[0] != 0 || b[1] != 2) }, fact.Accepted},
		"weak":    {func(b []byte) byte { return 20 + 31*btoi(b[len(b)-49] != 0) }, fact.Accepted},
		"version": {func(b []byte) byte { return 20 + 31*btoi(b[len(b)-47] != 3) }, fact.Accepted},
		"moody":   {func([]byte) byte { return byte(rand.N(200)) }, fact.OfferUnknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := func(c net.Conn) {
				if block := readSecret(c, key); block != nil {
					c.Write(record(alert, hello.TLS12, 2, tt.opinion(block)))
				}
			}
			door := responder{versions: []uint16{hello.TLS12}, suites: []uint16{0x009C}, leaf: pair.Certificate[0], after: after}.start(t)
			door.Authorised = true
			got, _ := observe(t, door, Options{})
			if got.Flaws[fact.FlawROBOT] != tt.want {
				t.Errorf("%q, want %q; why %v", got.Flaws[fact.FlawROBOT], tt.want, got.Why)
			}
		})
	}
}

func btoi(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// readSecret reads a ClientKeyExchange and decrypts it without a look at its
// padding.
func readSecret(c net.Conn, key *rsa.PrivateKey) []byte {
	sealed := make([]byte, 5+4+2+key.Size())
	if _, err := io.ReadFull(c, sealed); err != nil || sealed[5] != 16 {
		return nil
	}
	secret := new(big.Int).SetBytes(sealed[11:])
	return secret.Exp(secret, key.D, key.N).FillBytes(make([]byte, key.Size()))
}

// TestROBOTSilence holds that a server that answers a wrong padding by silence is
// affected.
func TestROBOTSilence(t *testing.T) {
	t.Parallel()
	pair := rsaSigned(t)
	key := pair.PrivateKey.(*rsa.PrivateKey)
	synctest.Test(t, func(t *testing.T) {
		var answers []string
		for shape := range paddings {
			client, server := net.Pipe()
			go func() {
				if block := readSecret(server, key); block != nil && block[0] == 0 {
					server.Write(record(alert, hello.TLS12, 2, 20))
				}
				io.Copy(io.Discard, server)
			}()
			answers = append(answers, answerTo(client, hello.Answer{Version: hello.TLS12, Done: true, Certificates: pair.Certificate}, shape, false))
			client.Close()
			synctest.Wait()
		}
		if want := []string{"alert 20", "silence", "alert 20", "alert 20", "alert 20"}; !slices.Equal(answers, want) {
			t.Errorf("%q, want %q", answers, want)
		}
	})
}

// TestTicketbleed plays a server that pads the identifier of a session that is
// resumed to its full length with what lies beside.
func TestTicketbleed(t *testing.T) {
	t.Parallel()
	config := &tls.Config{Certificates: []tls.Certificate{rsaSigned(t)}, MaxVersion: tls.VersionTLS12}
	for want, answer := range map[fact.Offer]func(id byte) []byte{
		fact.Accepted:     func(id byte) []byte { return append([]byte{id}, bytes.Repeat([]byte{'m'}, 31)...) },
		fact.Declined:     func(id byte) []byte { return []byte{id} },
		fact.OfferUnknown: func(byte) []byte { return nil },
	} {
		t.Run(string(want), func(t *testing.T) {
			t.Parallel()
			door := serve(t, func(c net.Conn) { resumeOr(c, config, answer) })
			door.Authorised = true
			got, _ := observe(t, door, Options{Timeout: 5 * time.Second})
			if got.Flaws[fact.FlawTicketbleed] != want {
				t.Errorf("%q, want %q; why %v", got.Flaws[fact.FlawTicketbleed], want, got.Why)
			}
		})
	}
}

// resumeOr answers a hello with an identifier of one byte, and leaves the others to
// a sound server.
func resumeOr(c net.Conn, config *tls.Config, answer func(id byte) []byte) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(c, head); err != nil || head[0] != 22 {
		return
	}
	body := make([]byte, binary.BigEndian.Uint16(head[3:]))
	if _, err := io.ReadFull(c, body); err != nil {
		return
	}
	const length = 4 + 2 + 32 // where that of the identifier stands
	if body[length] != 1 {
		handshake(&replayed{c, io.MultiReader(bytes.NewReader(append(head, body...)), c)}, config)
		return
	}
	id := answer(body[length+1])
	if id == nil {
		return
	}
	reply := slices.Concat([]byte{3, 3}, make([]byte, 32), []byte{byte(len(id))}, id, []byte{0xC0, 0x2F, 0})
	c.Write(slices.Concat(record(22, hello.TLS12, frame(2, reply)...), record(cipherSpec, hello.TLS12, 1)))
}

// replayed is a connection of which the beginning was read.
type replayed struct {
	net.Conn
	from io.Reader
}

func (r *replayed) Read(p []byte) (int, error) { return r.from.Read(p) }
