// SPDX-License-Identifier: Apache-2.0

package question

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/miekg/dns"
)

// stream plays a connection on which foreign bytes come back.
type stream struct{ io.Reader }

func (stream) Write(raw []byte) (int, error) { return len(raw), nil }

// FuzzAskStream holds that nothing but an answer to the question is believed.
func FuzzAskStream(f *testing.F) {
	q := new(dns.Msg).SetQuestion("chu.test.", dns.TypeSOA)
	q.Id = 1
	raw, err := new(dns.Msg).SetReply(q).Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...))
	f.Add([]byte{0, 0})
	f.Add([]byte{255, 255, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		reply, _, err := AskStream(stream{bytes.NewReader(raw)}, q)
		if err == nil && (reply.Id != q.Id || !reply.Response || len(reply.Question) != 1) {
			t.Errorf("%x is believed: %v", raw, reply)
		}
		reply, _, err = AskDatagram(stream{bytes.NewReader(raw)}, q)
		if err == nil && (reply.Id != q.Id || !reply.Response || len(reply.Question) != 1) {
			t.Errorf("%x is believed: %v", raw, reply)
		}
	})
}
