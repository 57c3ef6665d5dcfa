// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/question"
)

// FuzzSettle reads foreign messages as answers: nothing but a proper negative
// answer may prove an absence.
func FuzzSettle(f *testing.F) {
	zone := newZone(f, true, soa+hospital+"www.chu.test. IN CNAME chu.test.\n")
	for _, name := range []string{"chu.test.", "www.chu.test.", "absent.test."} {
		for _, qtype := range []uint16{dns.TypeTXT, dns.TypeMX, dns.TypeCAA} {
			raw, err := zone.answer(new(dns.Msg).SetQuestion(name, qtype)).Pack()
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw, true)
			f.Add(raw, false)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, recursive bool) {
		m := new(dns.Msg)
		if m.Unpack(raw) != nil {
			return
		}
		for _, kind := range []string{"NS", "MX", "TXT", "CAA", "DS", "DNSKEY"} {
			s := set("chu.test", kind, fact.NoAnswer)
			err := settle(&s, server{recursive: recursive}, m)
			checkSettled(t, s, m, err)
		}
	})
}

func checkSettled(t *testing.T, s fact.RecordSet, m *dns.Msg, err error) {
	t.Helper()
	if err != nil && s.Answer != fact.NoAnswer {
		t.Errorf("%v, yet the answer is %s", err, s.Answer)
	}
	if s.Answer.Absent() && m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		t.Errorf("code %d proves %s", m.Rcode, s.Answer)
	}
	if size := len(strings.Join(s.Values, "")); len(s.Values) > maxValues || size > maxValueBytes {
		t.Errorf("%d values, %d bytes", len(s.Values), size)
	}
	for _, v := range s.Values {
		if !utf8.ValidString(v) {
			t.Errorf("value %q is not text", v)
		}
	}
}

// FuzzTextValue holds that the strings of a TXT record come back whole from
// what is kept of them.
func FuzzTextValue(f *testing.F) {
	f.Add([]byte("v=spf1 -all"))
	f.Add([]byte(`say "hello" \ \" \\" `))
	f.Add([]byte("\xe9t\xe9\x00\x7f"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 254 { // the length of the record stands on one byte below
			return
		}
		wire := append([]byte{0, 0, 16, 0, 1, 0, 0, 0, 0, 0, byte(len(raw) + 1), byte(len(raw))}, raw...)
		rr, _, err := dns.UnpackRR(wire, 0)
		if err != nil {
			t.Fatal(err)
		}
		kept := value(rr)
		quoted := strings.ReplaceAll(kept, `"`, `\"`)
		back, err := dns.NewRR(`. IN TXT "` + quoted + `"`)
		if err != nil {
			t.Fatalf("%q is kept as %q: %v", raw, kept, err)
		}
		again := make([]byte, 1024)
		n, err := dns.PackRR(back, again, 0, nil, false)
		if err != nil || !bytes.Equal(again[12:n], raw) {
			t.Errorf("%q is kept as %q, which means %q (%v)", raw, kept, again[12:n], err)
		}
	})
}

// FuzzZoneCount reads foreign bytes as a transfer.
func FuzzZoneCount(f *testing.F) {
	q := new(dns.Msg).SetAxfr("chu.test.")
	q.Id = 1
	for _, text := range []string{soa + hospital + soa, soa, hospital} {
		m := new(dns.Msg).SetReply(q)
		m.Answer = newZone(f, false, text).records
		var framed bytes.Buffer
		if err := question.WriteMessage(&framed, m); err != nil {
			f.Fatal(err)
		}
		f.Add(framed.Bytes())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		count := zoneCount{query: q}
		reader := bytes.NewReader(raw)
		err := count.read(reader)
		if count.records > maxTransferRecords || len(raw)-reader.Len() > maxTransferBytes+maxTransferBytes/2 {
			t.Errorf("%d records, %d bytes", count.records, len(raw)-reader.Len())
		}
		if count.result(err) == fact.TransferDelivered && !count.ended && count.records < 2 {
			t.Errorf("%d records are called a zone", count.records)
		}
	})
}
