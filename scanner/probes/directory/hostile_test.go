// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/probes/internal/ber"
	"carescan/scanner/scannertest"
)

// rogue is a directory that follows the protocol until it no longer does.
type rogue struct {
	net.Conn
	from    *bufio.Reader
	message bytes.Buffer
	id      []byte // of the last question
}

// heard waits for a question.
func (r *rogue) heard() bool {
	message, err := ber.Read(r.from, &r.message, 1<<20)
	if err != nil {
		return false
	}
	id, _, _ := ber.Next(message.Body)
	r.id = ber.Encode(id.Tag, id.Body)
	return true
}

// say answers the last question, and tells whether somebody still listens.
func (r *rogue) say(operation []byte, more ...[]byte) bool {
	_, err := r.Write(ber.Encode(ber.Sequence, append([][]byte{r.id, operation}, more...)...))
	return err == nil
}

// signIn accepts whoever comes, and waits for what is asked then.
func (r *rogue) signIn() bool {
	return r.heard() && r.say(ber.Encode(tagBindResponse, "\x0a\x01\x00\x04\x00\x04\x00")) && r.heard()
}

func (r *rogue) done(cookie string) bool {
	value := ber.Encode(ber.Sequence, ber.EncodeNumber(ber.Integer, 0), ber.Encode(ber.Octets, cookie))
	control := ber.Encode(ber.Sequence, ber.Encode(ber.Octets, pagedResults), ber.Encode(ber.Octets, value))
	return r.say(ber.Encode(tagSearchDone, "\x0a\x01\x00\x04\x00\x04\x00"), ber.Encode(tagContext0, control))
}

func (r *rogue) entry(dn, name string, values []byte) bool {
	one := ber.Encode(ber.Sequence, ber.Encode(ber.Octets, []byte(name)), ber.Encode(ber.Set, values))
	return r.say(ber.Encode(tagSearchEntry, ber.Encode(ber.Octets, []byte(dn)), ber.Encode(ber.Sequence, one)))
}

// names are the values of some members that no one has seen before.
func names(first, count, length int) []byte {
	var b bytes.Buffer
	for i := range count {
		name := fmt.Sprintf("cn=%d,", first+i)
		b.Write(ber.Encode(ber.Octets, name+strings.Repeat("a", length-len(name))))
	}
	return b.Bytes()
}

// TestHostileDirectoryTakesLittleMemory: nothing that a directory says takes more
// than its bounds, not even before it has signed us in.
func TestHostileDirectoryTakesLittleMemory(t *testing.T) {
	tiny := bytes.Repeat([]byte("\x04\x00"), maxMessage/2-100)
	for name, test := range map[string]struct {
		talk func(*rogue)
		want scanner.CauseCode
	}{
		"promises-before-sign-in": {func(r *rogue) {
			r.heard()
			for _, err := r.Write([]byte("\x30\x84\x7f\xff\xff\xff")); err == nil; _, err = r.Write(tiny) {
			}
		}, scanner.CauseTooLarge},
		"elements-before-sign-in": {func(r *rogue) {
			answer := ber.Encode(tagBindResponse, tiny)
			for r.heard(); r.say(answer); {
			}
		}, scanner.CauseBadAnswer},
		"unasked-before-sign-in": {func(r *rogue) {
			r.heard()
			notice := ber.Encode(0x78, tiny)
			for r.id = []byte("\x02\x01\x00"); r.say(notice); {
			}
		}, scanner.CauseTooLarge},
		"nested-before-sign-in": {func(r *rogue) {
			r.heard()
			nested := bytes.Repeat([]byte("\x30\x83\x7f\x00\x00"), 200_000)
			for _, err := r.Write([]byte("\x30\x83\x7f\x00\x00")); err == nil; _, err = r.Write(nested) {
			}
		}, scanner.CauseBadAnswer},
		"endless-length": {func(r *rogue) {
			r.heard()
			for _, err := r.Write([]byte("\x30\xfe")); err == nil; _, err = r.Write(bytes.Repeat([]byte("\x00"), 1<<20)) {
			}
		}, scanner.CauseBadAnswer},
		"tiny-values": {func(r *rogue) {
			for r.signIn(); r.entry("cn=a", "member", tiny); {
			}
		}, scanner.CauseTooLarge},
		"tiny-attributes": {func(r *rogue) {
			r.signIn()
			attributes := bytes.Repeat([]byte("\x30\x04\x04\x00\x31\x00"), maxMessage/6-100)
			for r.say(ber.Encode(tagSearchEntry, []byte("\x04\x01a"), ber.Encode(ber.Sequence, attributes))) {
			}
		}, scanner.CauseTooLarge},
		"entries-without-end": {func(r *rogue) {
			r.signIn()
			for i := 0; r.entry(fmt.Sprintf("cn=%d,%s", i, strings.Repeat("a", 1000)), "objectSid", nil); i++ {
			}
		}, scanner.CauseTooMany},
		"members-without-end": {func(r *rogue) {
			r.signIn()
			for i := 0; r.entry(fmt.Sprint("cn=", i), "member", names(i*5000, 5000, 100)); i++ {
			}
		}, scanner.CauseTooMany},
		"one-huge-name": {func(r *rogue) {
			r.signIn()
			name := ber.Encode(ber.Octets, bytes.Repeat([]byte("A"), maxMessage-1000))
			message := ber.Encode(ber.Sequence, r.id, ber.Encode(tagSearchEntry, name, []byte("\x30\x00")))
			for at := bytes.IndexByte(message, 'A'); ; message[at]++ { // another each time
				if _, err := r.Write(message); err != nil {
					return
				}
			}
		}, scanner.CauseTooMany},
		"slices-kept-for-later": {func(r *rogue) {
			r.signIn()
			for i := 0; r.entry(fmt.Sprint("cn=", i), "member;range=0-4999", names(i*5000, 5000, 100)); i++ {
			}
		}, scanner.CauseTooMany},
		"slices-without-end": {func(r *rogue) {
			r.signIn()
			const count = 1900
			say := func(i int) bool {
				return r.entry("cn=a", fmt.Sprintf("member;range=%d-%d", i, i+count-1), names(i, count, 4000)) && r.done("")
			}
			for i := 0; say(i) && r.heard(); i += count {
			}
		}, scanner.CauseTooMany},
		"huge-cookie": {func(r *rogue) {
			for r.signIn(); r.done(strings.Repeat("a", maxMessage-1000)); r.heard() {
			}
		}, scanner.CauseTooLarge},
		"controls": {func(r *rogue) {
			for r.signIn(); r.say(ber.Encode(tagSearchDone, "\x0a\x01\x00\x04\x00\x04\x00"), ber.Encode(tagContext0, bytes.Repeat([]byte("\x30\x02\x04\x00"), maxMessage/4-100))); r.heard() {
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			scannertest.WithinMemory(t, func(t *testing.T) {
				l := startTalker(t, func(conn net.Conn) { test.talk(&rogue{Conn: conn, from: bufio.NewReader(conn)}) })
				began := time.Now()
				_, err := l.observe(t, l.config())
				if test.want != "" && scanner.CauseOf(err).Code != test.want {
					t.Errorf("error = %v, want %s", err, test.want)
				}
				t.Logf("it took %s", time.Since(began).Round(time.Millisecond))
			})
		})
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte("\x0a\x01\x00\x04\x00\x04\x00"))
	f.Add([]byte("\x04\x04cn=a\x30\x0f\x30\x0d\x04\x06member\x31\x03\x04\x01a"))
	f.Add(ber.Encode(tagContext0, search{page: pageSize, cookie: []byte("next")}.controls()...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := readObject(raw)
		if err == nil && o.weight() > len(raw)*(costMember+1) {
			t.Errorf("%d bytes gave an object of %d", len(raw), o.weight())
		}
		cookie, err := cookieOf(raw)
		if err == nil && len(cookie) > len(raw) {
			t.Errorf("%d bytes gave a cookie of %d", len(raw), len(cookie))
		}
		if err := resultOf(raw); err != nil && err.Error() == "" {
			t.Error("a refusal says nothing")
		}
	})
}
