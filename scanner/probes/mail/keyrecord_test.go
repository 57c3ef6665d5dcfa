// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
)

// TestDKIMVectors reads the public key records: type, size, what is withdrawn, in
// test, or refused.
func TestDKIMVectors(t *testing.T) {
	t.Parallel()
	var all []struct {
		Name, Record, K  string
		Bits             int
		Valid            bool
		Revoked, Testing bool
	}
	if err := json.Unmarshal(scannertest.Vectors(t, "dkim/keys.json"), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 31 {
		t.Errorf("%d records", len(all))
	}
	for _, v := range all {
		selector, _, _ := strings.Cut(v.Name, "._domainkey.")
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			got := fact.DKIMSelector{Selector: selector}
			readKey(&got, v.Record)
			if (got.Fault == "") != v.Valid {
				t.Fatalf("fault %q, want valid %v", got.Fault, v.Valid)
			}
			if !v.Valid {
				return
			}
			want := fact.DKIMSelector{
				Selector: selector, Key: v.K, Bits: v.Bits, Revoked: v.Revoked, Test: v.Testing, Hashes: got.Hashes,
			}
			if v.K == "" {
				want.Key = "rsa" // the default of k=
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// keyText is an Ed25519 key, the shortest of all.
const keyText = "hwjviTXyzUXSCWayBqE17s/4NSynQKxw58jayHudRAI="

// TestKeyRecords holds what RFC 6376 sections 3.2 and 3.6.1 say of the tags.
func TestKeyRecords(t *testing.T) {
	read := func(more fact.DKIMSelector) fact.DKIMSelector {
		more.Key, more.Bits = "ed25519", 256
		return more
	}
	for _, c := range []struct {
		name, text string
		want       fact.DKIMSelector // Fault: any
	}{
		{"service_star", "v=DKIM1; s=*; k=ed25519; p=" + keyText, read(fact.DKIMSelector{})},
		{"service_mail_and_star", "v=DKIM1; s=email:*; k=ed25519; p=" + keyText, read(fact.DKIMSelector{})},
		{"service_any_case", "v=DKIM1; s=Email; k=ed25519; p=" + keyText, read(fact.DKIMSelector{})},
		{"service_unknown_beside_mail", "v=DKIM1; s=tlsrpt : email; k=ed25519; p=" + keyText, read(fact.DKIMSelector{})},
		{"service_other", "v=DKIM1; s=tlsrpt; k=ed25519; p=" + keyText, read(fact.DKIMSelector{NotForMail: true})},
		{"notes_with_an_accent", "v=DKIM1; n=cl\xc3\xa9; k=ed25519; p=" + keyText, read(fact.DKIMSelector{})},
		{"notes_with_an_equals_sign", "v=DKIM1; n=a=b, c; k=ed25519; p=" + keyText, read(fact.DKIMSelector{})},
		{"space_after_the_last_semicolon", "v=DKIM1; k=ed25519; p=" + keyText + "; ", read(fact.DKIMSelector{})},
		{"spaces_around", " v = DKIM1 ;\tk = ed25519 ; p = " + keyText, read(fact.DKIMSelector{})},
		{"folded_key", "v=DKIM1; k=ed25519; p=" + keyText[:20] + "\r\n\t" + keyText[20:], read(fact.DKIMSelector{})},
		{"key_without_padding", "v=DKIM1; k=ed25519; p=" + strings.TrimRight(keyText, "="), read(fact.DKIMSelector{})},
		{"no_version", "k=ed25519; p=" + keyText, read(fact.DKIMSelector{})},
		{"unknown_tag", "v=DKIM1; g=*; x_1=?; k=ed25519; p=" + keyText, read(fact.DKIMSelector{})},
		{"kind_any_case", "v=DKIM1; k=Ed25519; p=" + keyText, read(fact.DKIMSelector{})},
		{"flags", "v=DKIM1; t=s:y; k=ed25519; p=" + keyText, read(fact.DKIMSelector{Test: true})},
		{"hashes", "v=DKIM1; h=SHA1 : sha256; k=ed25519; p=" + keyText, read(fact.DKIMSelector{Hashes: []string{"sha1", "sha256"}})},
		{"withdrawn", "v=DKIM1; p=", fact.DKIMSelector{Key: "rsa", Revoked: true}},
		{"withdrawn_with_space", "v=DKIM1; p= ;", fact.DKIMSelector{Key: "rsa", Revoked: true}},
		{"tag_twice", "v=DKIM1; k=ed25519; k=rsa; p=" + keyText, fact.DKIMSelector{Fault: "x"}},
		{"empty_tag", "v=DKIM1;; k=ed25519; p=" + keyText, fact.DKIMSelector{Fault: "x"}},
		{"version_case", "v=dkim1; k=ed25519; p=" + keyText, fact.DKIMSelector{Fault: "x"}},
		{"version_longer", "v=DKIM1.1; k=ed25519; p=" + keyText, fact.DKIMSelector{Fault: "x"}},
		{"version_last", "k=ed25519; p=" + keyText + "; v=DKIM1", fact.DKIMSelector{Fault: "x"}},
		{"another_record", "v=spf1 -all", fact.DKIMSelector{Fault: "x"}},
		{"name_in_capitals", "v=DKIM1; k=ed25519; P=" + keyText, fact.DKIMSelector{Fault: "x"}},
		{"key_with_rubbish", "v=DKIM1; k=ed25519; p=" + keyText + "\"", fact.DKIMSelector{Fault: "x"}},
		{"empty", "", fact.DKIMSelector{Fault: "x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got fact.DKIMSelector
			readKey(&got, c.text)
			if got.Fault != "" {
				got.Fault = "x"
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
