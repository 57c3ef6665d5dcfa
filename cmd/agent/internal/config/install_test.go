// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestImageUnitAndGuideAgree reads the Dockerfile, the unit and both guides, which
// nothing else compares with the program.
func TestImageUnitAndGuideAgree(t *testing.T) {
	_, image, _ := strings.Cut(fileOf(t, "Dockerfile"), " AS agent\n")
	image, _, _ = strings.Cut(image, "\nFROM ")
	unit := fileOf(t, "docs/systemd/carescan-agent.service")
	state := only(t, unit, `(?m)^Environment=CARESCAN_STATE=(\S+)$`)
	for what, got := range map[string]string{
		"state of the image":  only(t, image, `(?m)^ENV CARESCAN_STATE=(\S+)$`),
		"volume of the image": only(t, image, `(?m)^VOLUME (\S+)$`),
		"owned in the image":  only(t, image, `(?m)^COPY .*--chown=nonroot:nonroot \S+ (\S+)$`),
		"folder of the unit":  "/var/lib/" + only(t, unit, `(?m)^StateDirectory=(\S+)$`),
		"example of the key":  stateSection.Keys[""].Example,
	} {
		if got != state {
			t.Errorf("%s is %s, the unit says %s", what, got, state)
		}
	}
	if file := only(t, unit, `--config (\S+)`); file != only(t, image, `"--config", "([^"]+)"`) {
		t.Errorf("the unit reads %s, the image another file", file)
	}
	if strings.Contains(unit, "DynamicUser") {
		t.Error("no secret can belong to an account that is made at each start")
	}
	account := only(t, unit, `(?m)^User=(\S+)$`)
	for _, guide := range []string{"docs/guide.md", "docs/guide.fr.md"} {
		text := fileOf(t, guide)
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

// fileOf reads a file of the repository.
func fileOf(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// only finds the one place where a text says something.
func only(t *testing.T, text, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%s is found %d times, want once", pattern, len(found))
	}
	return found[0][1]
}
