// SPDX-License-Identifier: Apache-2.0

package sources

import (
	"maps"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner/probes/accounts"
	"carescan/scanner/probes/attestation"
	"carescan/scanner/probes/directory"
	"carescan/scanner/probes/hosting"
	"carescan/scanner/settings"
)

// TestTasks holds the order of the looks: what a run does first is what its
// targets meet first.
func TestTasks(t *testing.T) {
	c := config.Default(Sections())
	c.Establishment = config.Establishment{FINESS: "690781810"}
	c.Targets = config.Targets{
		Domains: []string{"CHÛ.test", "b.test"}, Sites: []string{"https://www.chu.test", "https://b.test:8443"},
		Services: []string{"vpn.chu.test:1194"}, Hosts: []string{"192.0.2.1"},
	}
	register, statements := hosting.Settings("r.yaml"), attestation.Settings("a.yaml")
	maps.Copy(c.Sources, map[string]settings.Part{
		directory.Section.Name: &directory.Settings{{ID: "ad"}}, accounts.Section.Name: &accounts.Settings{{ID: "dpi"}},
		hosting.Section.Name: &register, attestation.Section.Name: &statements,
	})
	want := []string{
		"dns domain/xn--ch-vka.test", "dnssec domain/xn--ch-vka.test", "registration domain/xn--ch-vka.test",
		"mail domain/xn--ch-vka.test", "smtp domain/xn--ch-vka.test", "inventory domain/xn--ch-vka.test",
		"dns domain/b.test", "dnssec domain/b.test", "registration domain/b.test", "mail domain/b.test", "smtp domain/b.test", "inventory domain/b.test",
		"http site/https://www.chu.test", "tls service/www.chu.test:443/tcp", "nuclei site/https://www.chu.test",
		"http site/https://b.test:8443", "tls service/b.test:8443/tcp", "nuclei site/https://b.test:8443",
		"tls service/vpn.chu.test:1194/tcp", "services host/192.0.2.1",
		"directory directory/ad", "accounts application/dpi", "hosting register/hosting", "attestation establishment/690781810", "history establishment/690781810",
	}
	if diff := gocmp.Diff(want, tasksOf(t, c)); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
	for _, task := range tasksOf(t, WithoutOwn(c))[20:] {
		if !strings.HasPrefix(task, "history ") { // no section of agent.yaml brings it
			t.Errorf("%s is left although only targets were meant", task)
		}
	}
	if got := len(tasksOf(t, c)); got != len(want) {
		t.Errorf("%d tasks after WithoutOwn, want %d: it must not change what it was given", got, len(want))
	}
}

func tasksOf(t *testing.T, c config.Config) []string {
	t.Helper()
	tasks, err := Tasks(c)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, task := range tasks {
		lines = append(lines, task.Probe+" "+string(task.Target.Kind)+"/"+task.Target.ID)
	}
	return lines
}
