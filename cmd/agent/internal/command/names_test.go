// SPDX-License-Identifier: Apache-2.0

package command

import (
	"strings"
	"testing"

	"carescan/cmd/internal/cli"
)

// planned invokes plan in French, and gives the lines that name a probe and a target.
func planned(t *testing.T, yaml string) []string {
	t.Helper()
	code, said := invoke(t, "plan", "--config", writeConfiguration(t, yaml, nil), "--lang", "fr")
	if code != cli.ExitOK {
		t.Fatalf("plan ended with %d:\n%s", code, said)
	}
	var looks []string
	for line := range strings.Lines(said) {
		if fields := strings.Fields(line); len(fields) == 4 && strings.ContainsAny(fields[1], ".:") {
			looks = append(looks, fields[0]+" "+fields[1])
		}
	}
	return looks
}

// TestPlanLooksOnceAtATargetWrittenTwice: names have no case (RFC 4343 section 2), a
// final dot adds nothing to them, nor its own port to a scheme (RFC 3986 section 6.2.3).
func TestPlanLooksOnceAtATargetWrittenTwice(t *testing.T) {
	looks := planned(t, `targets: {domains: [chu.test, "CHU.test."], sites: ["https://irm-1.chu.test", "https://IRM-1.chu.test:443/"], services: ["irm-1.chu.test:443", "IRM-1.CHU.TEST:443"], hosts: ["2001:DB8::1", "2001:db8:0::1"]}
scope: {names: [chu.test, "*.chu.test"], ranges: ["2001:db8::/64"], authorisation: {by: RSSI, until: 2099-01-01}}`)
	count := map[string]int{}
	for _, look := range looks {
		count[look]++
	}
	for _, look := range []string{"dns chu.test", "http https://irm-1.chu.test", "tls irm-1.chu.test:443/tcp", "services 2001:db8::1"} {
		if count[look] != 1 {
			t.Errorf("%s is planned %d times, want once, in\n%s", look, count[look], strings.Join(looks, "\n"))
		}
	}
	for look, times := range count {
		if times != 1 || look != strings.ToLower(look) {
			t.Errorf("%s is planned %d times", look, times)
		}
	}
}

// TestPlanAcceptsNamesInUse: any label is one of the DNS (RFC 2181 section 11), and the
// Unicode form of a name is that name (RFC 5890 section 2.3.2.1).
func TestPlanAcceptsNamesInUse(t *testing.T) {
	looks := planned(t, `scope: {names: [chu.test, "*.chu.test", "hôpital.test", "*.HÔPITAL.test."], authorisation: {by: RSSI, until: 2099-01-01}}
targets: {domains: ["hôpital.test"], hosts: [pc_radio1.chu.test, r2---portail.chu.test, "irm.hôpital.test"]}`)
	for _, want := range []string{"services pc_radio1.chu.test", "services r2---portail.chu.test", "dns xn--hpital-ixa.test", "services irm.xn--hpital-ixa.test"} {
		if !strings.Contains(strings.Join(looks, "\n")+"\n", want+"\n") {
			t.Errorf("%s is not planned, only\n%s", want, strings.Join(looks, "\n"))
		}
	}
}
