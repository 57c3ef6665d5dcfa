// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
)

// Why some sets of keys of the public vectors do not sign themselves.
const (
	labelsBelow = "the signature counts fewer labels than its zone has: it cannot be of its top (RFC 4035 section 5.3.1)"
	keyChanged  = "a key was taken away after the set was signed (case no-matching-dnskey of the suite)"
	dateChanged = "the dates were changed after the set was signed (case not-yet-valid of the suite)"
)

// broken are the sets that must be found bogus, by line, and why they are.
var broken = map[int]struct {
	reason fact.SecurityReason
	why    string
}{
	3302: {fact.SignatureMissing, labelsBelow}, 3363: {fact.SignatureMissing, labelsBelow}, 3366: {fact.SignatureMissing, labelsBelow},
	3374: {fact.SignatureMissing, labelsBelow}, 3375: {fact.SignatureMissing, labelsBelow}, 3376: {fact.SignatureMissing, labelsBelow},
	3393: {fact.SignatureMissing, labelsBelow}, 3394: {fact.SignatureMissing, labelsBelow}, 3396: {fact.SignatureMissing, labelsBelow},
	3321: {fact.SignatureWrong, keyChanged}, 3322: {fact.SignatureWrong, keyChanged}, 3323: {fact.SignatureWrong, keyChanged},
	3316: {fact.SignatureWrong, dateChanged}, 3329: {fact.SignatureWrong, dateChanged},
}

// TestKeysOfTheWorld verifies the keys of real zones by one another, within the dates
// of their signatures: what holds is secure, and what does not says why.
func TestKeysOfTheWorld(t *testing.T) {
	t.Parallel()
	secured := 0
	for i, v := range scannertest.DNSAnswers(t) {
		m := new(dns.Msg)
		if v.Type != dns.TypeDNSKEY || m.Unpack(v.Wire) != nil {
			continue
		}
		set := pick(m.Answer, v.Name, dns.TypeDNSKEY)
		keys := keysOf(set)
		if len(keys) == 0 || len(set.sigs) == 0 {
			continue
		}
		at := fmt.Sprintf("line %d, %s of %s", i+1, v.Name, v.File)
		if described := describeKeys(keys); len(described) != len(keys) {
			t.Errorf("%s: %d keys described of %d", at, len(described), len(keys))
		}
		var prints []*dns.DS
		for _, key := range keys {
			prints = append(prints, key.ToDS(digestSHA256))
		}
		want := secure()
		if b, known := broken[i+1]; known {
			want = bogus(b.reason)
		}
		validator := &validator{at: time.Unix(int64(set.sigs[0].Inception)+1, 0), left: lookValidations}
		got, _ := validator.keys(set, prints)
		if got != want {
			t.Errorf("%s: %+v, want %+v (%s)", at, got, want, broken[i+1].why)
		}
		if got == secure() {
			secured++
		}
	}
	if secured != 54 {
		t.Errorf("%d sets of keys are secure, want 54", secured)
	}
}
