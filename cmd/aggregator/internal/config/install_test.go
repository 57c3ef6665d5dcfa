// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"strings"
	"testing"

	"carescan/cmd/internal/installed"
)

// TestImageUnitAndGuideAgree reads the Dockerfile, the unit and both guides, which
// nothing else compares with the program.
func TestImageUnitAndGuideAgree(t *testing.T) {
	_, image, _ := strings.Cut(installed.File(t, "Dockerfile"), " AS aggregator\n")
	unit := installed.File(t, "docs/systemd/carescan-aggregator.service")
	known := documentation()
	data := known["data"].Default
	for what, got := range map[string]string{
		"data of the image":   installed.Only(t, image, `(?m)^ENV CARESCAN_AGGREGATOR_DATA=(\S+)$`),
		"volume of the image": installed.Only(t, image, `(?m)^VOLUME (\S+)$`),
		"owned in the image":  installed.Only(t, image, `(?m)^COPY .*--chown=nonroot:nonroot \S+ (\S+)$`),
		"data of the unit":    installed.Only(t, unit, `(?m)^Environment=CARESCAN_AGGREGATOR_DATA=(\S+)$`),
		"folder of the unit":  "/var/lib/" + installed.Only(t, unit, `(?m)^StateDirectory=(\S+)$`),
	} {
		if got != data {
			t.Errorf("%s is %s, the program says %s", what, got, data)
		}
	}
	var ports []string
	for key, variable := range map[string]string{"agent.listen": "AGENT", "web.listen": "WEB"} {
		_, port, err := net.SplitHostPort(known[key].Default)
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port)
		if got := installed.Only(t, image, `(?m)^ENV CARESCAN_AGGREGATOR_`+variable+`_LISTEN=(\S+)$`); got != "0.0.0.0:"+port {
			t.Errorf("the image listens on %s for %s, the program on port %s", got, key, port)
		}
	}
	exposed := " " + installed.Only(t, image, `(?m)^EXPOSE (.+)$`) + " "
	for _, port := range ports {
		if !strings.Contains(exposed, " "+port+" ") {
			t.Errorf("port %s is not exposed", port)
		}
	}
	if n := len(strings.Fields(exposed)); n != len(ports) {
		t.Errorf("%d ports are exposed, the program has %d", n, len(ports))
	}
	if file := installed.Only(t, unit, `(?m)^ExecStart=.* --config (\S+)$`); file != installed.Only(t, image, `"--config", "([^"]+)"`) {
		t.Errorf("the unit reads %s, the image another file", file)
	}
	if begins := installed.Only(t, unit, `(?m)^ExecStartPre=\S+ (.+)$`); begins != "init --config "+installed.Only(t, image, `"--config", "([^"]+)"`) {
		t.Errorf("the unit begins with %q", begins)
	}
	if apart := installed.File(t, "docs/systemd/carescan-aggregator-worker.service"); workerUnit(unit) != apart {
		t.Errorf("the unit of worker is not that of serve but for what it starts:\n%s", apart)
	}
	account := installed.Only(t, unit, `(?m)^User=(\S+)$`)
	for _, guide := range []string{"docs/guide.md", "docs/guide.fr.md"} {
		text := installed.File(t, guide)
		for _, said := range []string{
			"useradd --system --home-dir " + data + " --shell /usr/sbin/nologin " + account + "`", "sudo -u " + account + "`",
		} {
			if !strings.Contains(text, said) {
				t.Errorf("%s does not say %q", guide, said)
			}
		}
	}
	if strings.Contains(unit, "DynamicUser") {
		t.Error("people could not run the commands of an account that is made at each start")
	}
}

// workerUnit is the unit of worker, made of that of serve.
func workerUnit(serve string) string {
	var lines []string
	for line := range strings.SplitSeq(serve, "\n") {
		if !strings.HasPrefix(line, "ExecStartPre=") {
			lines = append(lines, strings.Replace(line, "carescan-aggregator serve", "carescan-aggregator worker", 1))
		}
	}
	return strings.Replace(strings.Join(lines, "\n"), "Description=CareScan aggregator\n", "Description=CareScan aggregator, rounds of a region on PostgreSQL\n", 1)
}
