// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
)

// odd are the answers of the public vectors that their header alone does not tell
// how to read, by line, with the right value and why.
var odd = map[int]struct {
	want fact.Answer
	why  string
}{
	353:  {fact.NoData, "the records are of another name: none is relevant (RFC 2308 section 2.2)"},
	513:  {fact.NoData, "the records are of another name: none is relevant (RFC 2308 section 2.2)"},
	407:  {fact.NoAnswer, "an alias that leads out of the zone: its server knows nothing of the target"},
	2300: {fact.NoAnswer, "an alias that leads out of the zone: its server knows nothing of the target"},
	2849: {fact.NoAnswer, "an alias that leads out of the zone: its server knows nothing of the target"},
}

// isAnswered tells a settled question from a failure.
func isAnswered(v scannertest.DNSAnswer) bool {
	return v.Code == dns.RcodeSuccess || v.Code == dns.RcodeNameError
}

func isAuthoritative(t *testing.T, v scannertest.DNSAnswer) bool {
	t.Helper()
	flags, err := strconv.ParseUint(v.Flags, 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	const aa = 0x0400 // RFC 1035 section 4.1.1
	return flags&aa != 0
}

// wanted is what a server of the domain proves by an answer, from its header: a
// failure and an answer without authority prove nothing (RFC 2308 sections 2.1 and
// 2.2).
func wanted(t *testing.T, v scannertest.DNSAnswer) fact.Answer {
	t.Helper()
	switch {
	case !isAnswered(v) || !isAuthoritative(t, v):
		return fact.NoAnswer
	case v.Code == dns.RcodeNameError:
		return fact.NXDomain
	case v.Counts[1] == 0:
		return fact.NoData
	}
	return fact.Present
}

// wantedState is the same for the server of a zone that is asked for its top.
func wantedState(t *testing.T, v scannertest.DNSAnswer) fact.ServerState {
	t.Helper()
	switch {
	case slices.Contains([]int{dns.RcodeServerFailure, dns.RcodeFormatError, dns.RcodeNotImplemented}, v.Code):
		return fact.ServerFailing
	case v.Code == dns.RcodeSuccess && isAuthoritative(t, v) && v.Counts[1] > 0:
		return fact.ServerAuthoritative
	}
	return fact.ServerLame
}

// TestAnswersOfTheWorld reads 3 480 answers as those of a server of the domain, then
// those that tell the top of a zone as those of a name server or of a registry.
func TestAnswersOfTheWorld(t *testing.T) {
	t.Parallel()
	answers := scannertest.DNSAnswers(t)
	if len(answers) != 3480 {
		t.Errorf("%d answers", len(answers))
	}
	for i, v := range answers {
		m := new(dns.Msg)
		at := fmt.Sprintf("line %d, %s %s of %s", i+1, v.Name, dns.TypeToString[v.Type], v.File)
		if err := m.Unpack(v.Wire); err != nil {
			t.Errorf("%s: %v", at, err)
			continue
		}
		if m.Question[0].Qclass != dns.ClassINET {
			continue // of a class that is never asked: no question of ours has it for answer
		}
		want := wanted(t, v)
		if o, known := odd[i+1]; known {
			want = o.want
		}
		set := fact.RecordSet{Name: v.Name, Type: dns.TypeToString[v.Type], Answer: fact.NoAnswer}
		if err := settle(&set, server{}, m); set.Answer != want || (err == nil) != (want != fact.NoAnswer) {
			t.Errorf("%s: %s and %v, want %s", at, set.Answer, err, want)
		}
		if v.Type == dns.TypeSOA || v.Type == dns.TypeNS {
			if got := authority(v.Name, m).State; got != wantedState(t, v) {
				t.Errorf("%s: %s, want %s", at, got, wantedState(t, v))
			}
		}
		if v.Type == dns.TypeNS {
			checkReferral(t, at, v, m)
		}
	}
}

// checkReferral holds that a registry never denies without authority, and that what
// it delegates is the domain asked about: line 1268 refers upwards, to the root.
func checkReferral(t *testing.T, at string, v scannertest.DNSAnswer, m *dns.Msg) {
	t.Helper()
	set := fact.RecordSet{Name: v.Name, Type: "NS", Answer: fact.NoAnswer}
	err := settleReferral(&set, m)
	upward := v.Code == dns.RcodeSuccess && len(m.Ns) > 0 && m.Ns[0].Header().Name == "." && v.Name != "."
	want := fact.Present
	switch {
	case !isAnswered(v), upward && !isAuthoritative(t, v):
		want = fact.NoAnswer
	case v.Code == dns.RcodeNameError:
		want = fact.NXDomain
	}
	if set.Answer != want || (err == nil) != (want != fact.NoAnswer) {
		t.Errorf("%s, as a referral: %s and %v, want %s", at, set.Answer, err, want)
	}
}
