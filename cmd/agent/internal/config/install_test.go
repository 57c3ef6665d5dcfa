// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"
	"testing"

	"carescan/cmd/internal/installed"
)

// TestImageUnitAndGuideAgree reads the Dockerfile, the unit and both guides, which
// nothing else compares with the program.
func TestImageUnitAndGuideAgree(t *testing.T) {
	_, image, _ := strings.Cut(installed.File(t, "Dockerfile"), " AS agent\n")
	image, _, _ = strings.Cut(image, "\nFROM ")
	unit := installed.File(t, "docs/systemd/carescan-agent.service")
	state := installed.Only(t, unit, `(?m)^Environment=CARESCAN_STATE=(\S+)$`)
	for what, got := range map[string]string{
		"state of the image":  installed.Only(t, image, `(?m)^ENV CARESCAN_STATE=(\S+)$`),
		"volume of the image": installed.Only(t, image, `(?m)^VOLUME (\S+)$`),
		"owned in the image":  installed.Only(t, image, `(?m)^COPY .*--chown=nonroot:nonroot \S+ (\S+)$`),
		"folder of the unit":  "/var/lib/" + installed.Only(t, unit, `(?m)^StateDirectory=(\S+)$`),
		"example of the key":  stateSection.Keys[""].Example,
	} {
		if got != state {
			t.Errorf("%s is %s, the unit says %s", what, got, state)
		}
	}
	if file := installed.Only(t, unit, `--config (\S+)`); file != installed.Only(t, image, `"--config", "([^"]+)"`) {
		t.Errorf("the unit reads %s, the image another file", file)
	}
	if strings.Contains(unit, "DynamicUser") {
		t.Error("no secret can belong to an account that is made at each start")
	}
	account := installed.Only(t, unit, `(?m)^User=(\S+)$`)
	for _, guide := range []string{"docs/guide.md", "docs/guide.fr.md"} {
		text := installed.File(t, guide)
		for _, said := range []string{
			"useradd --system --home-dir " + state + " --shell /usr/sbin/nologin " + account + "`",
			"install -o " + account + " -m 0400 ",
			"sudo -u " + account + " env CARESCAN_STATE=" + state + " carescan-agent",
			"http://" + statusAddressSection.Keys[""].Default,
		} {
			if !strings.Contains(text, said) {
				t.Errorf("%s does not say %q", guide, said)
			}
		}
	}
	if strings.Contains(image, "EXPOSE") {
		t.Error("the agent has no port to expose: its page is of loopback")
	}
}
