// SPDX-License-Identifier: Apache-2.0

package command

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/cmd/internal/cli"
	"carescan/scanner/scannertest"
)

// providersZone is what the resolver of the tests knows; below "dark.test" it fails.
var providersZone = []string{
	"chu.test. 60 NS ns0.chu.test.", "chu.test. 60 NS NS1.Provider.example.", "chu.test. 60 NS ns2.provider.example.",
	"chu.test. 60 MX 10 mx1.filter.example.", "chu.test. 60 MX 20 declared.mail.example.", "chu.test. 60 MX 30 ns2.provider.example.",
	"labo.test. 60 NS ns1.provider.example.", "labo.test. 60 MX 0 .", "labo.test. 60 MX 10 *.everybody.example.", "labo.test. 60 MX 20 net.",
}

// startZone answers on loopback as a resolver does, and lists what it was asked.
func startZone(t *testing.T) (address string, asked func() []string) {
	t.Helper()
	streams, packets, err := scannertest.ListenBoth("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	streams.Close()
	var questions []string
	server := &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		q := question.Question[0]
		questions = append(questions, q.Name+" "+dns.TypeToString[q.Qtype])
		reply := new(dns.Msg).SetReply(question)
		reply.RecursionAvailable = true
		if dns.IsSubDomain("dark.test.", q.Name) {
			reply.Rcode = dns.RcodeServerFailure
		}
		for _, text := range providersZone {
			record, err := dns.NewRR(text)
			if err != nil {
				t.Error(err)
			}
			if record.Header().Name == q.Name && record.Header().Rrtype == q.Qtype {
				reply.Answer = append(reply.Answer, record)
			}
		}
		_ = w.WriteMsg(reply) // the asker may be gone
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.ActivateAndServe() // ends with Shutdown
	}()
	stop := func() {
		_ = server.Shutdown()
		<-ended
	}
	t.Cleanup(stop)
	return packets.LocalAddr().String(), func() []string {
		stop()
		slices.Sort(questions)
		return slices.Compact(questions)
	}
}

func providersConfiguration(t *testing.T, resolver, domains, providers string) string {
	t.Helper()
	return writeConfiguration(t, `scope: {names: [chu.test, "*.chu.test", labo.test, dark.test], providers: [`+providers+`], authorisation: {by: RSSI, until: 2099-01-01}}
network: {resolvers: ["`+resolver+`"]}
targets: {domains: [`+domains+`]}`, nil)
}

// TestDiscoverWritesWhatCanBePasted puts the lines back into a configuration.
func TestDiscoverWritesWhatCanBePasted(t *testing.T) {
	resolver, asked := startZone(t)
	code, said := invoke(t, "plan", "--discover", "--lang", "fr", "--config", providersConfiguration(t, resolver, "chu.test, labo.test", `"*.mail.example"`))
	want := `# À mettre dans agent.yaml à la place de scope.providers, après avoir vérifié que ces serveurs servent
# bien vos domaines. Ils ne seront rencontrés que comme un client ordinaire les rencontre.
# «` + "\u00a0" + `net` + "\u00a0" + `» n'est pas un nom` + "\u00a0" + `: c'est un mot seul, et non un nom entier
scope:
  providers:
    - "*.mail.example"
    - ns1.provider.example # DNS de chu.test, labo.test
    - ns2.provider.example # DNS de chu.test
    - mx1.filter.example # messagerie de chu.test
`
	if diff := cmp.Diff(want, said); diff != "" || code != cli.ExitOK {
		t.Errorf("discover ended with %d (-want +got):\n%s", code, diff)
	}
	_, list, _ := strings.Cut(said, "providers:\n")
	pasted := `scope:
  names: [chu.test, "*.chu.test", labo.test]
  authorisation: {by: RSSI, until: 2099-01-01}
  providers:
` + list + `network: {resolvers: ["` + resolver + `"]}
targets: {domains: [chu.test, labo.test]}
`
	file := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(file, []byte(pasted), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said = invoke(t, "plan", "--discover", "--lang", "en", "--config", file); code != cli.ExitOK || strings.Contains(said, "scope:") || !strings.Contains(said, `# "net" is not a name`) {
		t.Errorf("once pasted, discover ended with %d:\n%s", code, said)
	}
	code, said = invoke(t, "plan", "--lang", "fr", "--config", file)
	if shown := "*.mail.example, ns1.provider.example, ns2.provider.example, mx1.filter.example (rencontrés en simple client)"; code != cli.ExitOK || !strings.Contains(said, shown) {
		t.Errorf("plan ended with %d and does not show the providers:\n%s", code, said)
	}
	if _, said = invoke(t, "doctor", "--lang", "en", "--config", file); !strings.Contains(said, "mx1.filter.example, met as an ordinary client") {
		t.Errorf("doctor does not show the providers:\n%s", said)
	}
	for _, question := range asked() {
		if kind := strings.Fields(question)[1]; !slices.Contains([]string{"NS", "MX", "A", "AAAA"}, kind) {
			t.Errorf("the resolver was asked %s", question)
		}
	}
}

// TestDiscoverSaysWhatItDoesNotKnow never calls an unread domain one without
// providers.
func TestDiscoverSaysWhatItDoesNotKnow(t *testing.T) {
	resolver, _ := startZone(t)
	code, said := invoke(t, "plan", "--discover", "--lang", "fr", "--config", providersConfiguration(t, resolver, "dark.test", ""))
	if code != cli.ExitIncomplete || !strings.Contains(said, "attention: les serveurs de certains domaines n'ont pas pu être trouvés\u00a0: ") || !strings.Contains(said, "dark.test") || strings.Contains(said, "n'est à déclarer") {
		t.Errorf("discover ended with %d:\n%s", code, said)
	}
}
