// SPDX-License-Identifier: Apache-2.0

package hostname_test

import (
	"errors"
	"strings"
	"testing"

	"carescan/scanner/hostname"
)

func TestParse(t *testing.T) {
	long := strings.Repeat("a", 64)
	for written, want := range map[string]string{
		"chu.test": "chu.test", "CHU.Test": "chu.test", "chu.test.": "chu.test", " chu.test ": "chu.test", //nolint:gocritic // blanks around are no part of a name; RFC 4343 section 2
		"hôpital.test": "xn--hpital-ixa.test", "HÔPITAL.test.": "xn--hpital-ixa.test", "XN--HPITAL-IXA.test": "xn--hpital-ixa.test", // RFC 5890 section 2.3.2.1
		"ho\u0302pital.test": "xn--hpital-ixa.test",                                      // decomposed, as macOS writes it
		"chu。test":           "chu.test",                                                 // the dot of UTS 46 section 4
		"straße.test":        "xn--strae-oqa.test",                                       // not the transitional form of IDNA 2003
		"pc_radio1.chu.test": "pc_radio1.chu.test", "_dmarc.chu.test": "_dmarc.chu.test", // RFC 2181 section 11
		"r2---portail.chu.test": "r2---portail.chu.test", "a-.chu.test": "a-.chu.test", "1.chu.test": "1.chu.test",
	} {
		if got, err := hostname.Parse(written); err != nil || got != want {
			t.Errorf("Parse(%q) = %q, %v, want %q", written, got, err, want)
		}
	}
	for written, because := range map[string]string{
		"": "nothing is written", "scanner2": "a single word", "scanner2.": "a single word",
		"https://chu.test/": "a web address", "chu.test/": "a web address", "chu.test:104": "a port", "chu.test:*": "a port", "a@chu.test": "a mail address",
		"a.test,b.test": "several names", "a.test; b.test": "several names", "a.test b.test": "several names", "a.test\u00a0b.test": "several names",
		"irm-*.chu.test": "before the first dot", "a.*.chu.test": "before the first dot", "*.chu.test": "not allowed here", "*": "before the first dot",
		"192.0.2.1": "an IP address", "192.0.2.0/24": "a range of IP addresses", "2001:db8::1": "an IP address", "[2001:db8::1]": "an IP address", "10.1": "an IP address",
		"a..test": "a dot too many", ".chu.test": "a dot too many", "chu.test..": "a dot too many", ".": "a dot too many",
		long + ".test": "63 characters", strings.Repeat("a.", 126) + "test": "253 characters", strings.Repeat("a.", 9000): "253 characters", strings.Repeat("é", 60) + ".test": "63 characters",
		"a!.test": `"!"`, "a\x00.test": "a character", "xn--a.test": `"xn--"`,
	} {
		got, err := hostname.Parse(written)
		fault, ok := errors.AsType[*hostname.Fault](err)
		if !ok || !strings.Contains(fault.Because.EN, because) {
			t.Errorf("Parse(%q) = %q, %v, want a fault that says %q", written, got, err, because)
			continue
		}
		if fault.Because.FR == "" || fault.Hint.FR == "" || fault.Hint.EN == "" {
			t.Errorf("Parse(%q): the fault %+v does not say its cause and what to write in both languages", written, fault)
		}
	}
}

func TestParsePattern(t *testing.T) {
	for written, want := range map[string]string{
		"*.CHU.test.": "*.chu.test", "*.hôpital.test": "*.xn--hpital-ixa.test", "*.lan": "*.lan", "chu.test": "chu.test",
	} {
		if got, err := hostname.ParsePattern(written); err != nil || got != want {
			t.Errorf("ParsePattern(%q) = %q, %v, want %q", written, got, err, want)
		}
	}
	for _, written := range []string{"*", "*.", "**.chu.test", "*.*.chu.test", "*chu.test", "irm-*.chu.test", "chu.*", "lan", "*.chu.test:443"} {
		if got, err := hostname.ParsePattern(written); err == nil {
			t.Errorf("ParsePattern(%q) = %q, want a fault", written, got)
		}
	}
}

func TestParseLabels(t *testing.T) {
	for written, want := range map[string]string{"fr": "fr", "S2026": "s2026", "20240101": "20240101", "a.b": "a.b", "clé": "xn--cl-cja", "s.2024": "s.2024"} {
		if got, err := hostname.ParseLabels(written); err != nil || got != want {
			t.Errorf("ParseLabels(%q) = %q, %v, want %q", written, got, err, want)
		}
	}
	for _, written := range []string{"", "*", "a b", "192.0.2.1", "a:1", "é!"} {
		if got, err := hostname.ParseLabels(written); err == nil {
			t.Errorf("ParseLabels(%q) = %q, want a fault", written, got)
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	for written, want := range map[string]string{
		"VPN.chu.test.:443": "vpn.chu.test", "192.0.2.1:22": "192.0.2.1", "[2001:DB8:0::1]:443": "2001:db8::1", "[::ffff:192.0.2.1]:443": "192.0.2.1",
		"vpn.hôpital.test:0443": "vpn.xn--hpital-ixa.test",
	} {
		if got, port, err := hostname.ParseEndpoint(written); err != nil || got != want || port == 0 {
			t.Errorf("ParseEndpoint(%q) = %q, %d, %v, want %q", written, got, port, err, want)
		}
	}
	for _, written := range []string{"vpn.chu.test", "vpn.chu.test:0", "vpn.chu.test:https", "vpn.chu.test:70000", "https://vpn.chu.test:443", "vpn:443", "*.chu.test:443", ":443", "2001:db8::1:443"} {
		if got, port, err := hostname.ParseEndpoint(written); err == nil {
			t.Errorf("ParseEndpoint(%q) = %q, %d, want a fault", written, got, port)
		}
	}
}

func TestIsPublicSuffix(t *testing.T) {
	for name, want := range map[string]bool{
		"fr": true, "gouv.fr": true, "asso.fr": true, "github.io": true,
		"chu-exemple.fr": false, "sante.gouv.fr": false, "test": false, "lan": false, "chu.test": false,
	} {
		if got := hostname.IsPublicSuffix(name); got != want {
			t.Errorf("IsPublicSuffix(%q) = %t, want %t", name, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"chu-exemple.fr", "CHÛ.fr.", "a..b", "127.0.0.1", "", "*.a.fr", "xn--a.fr", "a:1", "[::1]:1", "https://a.fr", "a,b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (string, error){hostname.Parse, hostname.ParsePattern, hostname.ParseLabels, hostname.ParseHost} {
			name, err := parse(text)
			if err != nil {
				continue
			}
			if again, err := parse(name); err != nil || again != name {
				t.Errorf("the form of %q is not stable: %q, then %q, %v", text, name, again, err)
			}
		}
		if name, err := hostname.Parse(text); err == nil && hostname.Canonical(text) != name {
			t.Errorf("%q is read as %q by a person and %q by the guard", text, name, hostname.Canonical(text))
		}
		_, _, _ = hostname.ParseEndpoint(text)
	})
}
