// SPDX-License-Identifier: Apache-2.0

package services

import (
	"testing"

	"carescan/scanner/fact"
)

// TestGreetings reads who speaks, in which version, and which system packaged it.
func TestGreetings(t *testing.T) {
	for name, tt := range map[string]struct {
		greeting, product, version, distribution, release string
	}{
		"openssh":         {"SSH-2.0-OpenSSH_9.2p1\r\n", "openssh", "9.2p1", "", ""},
		"openssh_debian":  {"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "openssh", "9.2p1", "debian", "12"},
		"openssh_windows": {"SSH-2.0-OpenSSH_for_Windows_8.1\r\n", "openssh", "8.1", "windows-server", "2022"},
		"openssh_apart":   {"SSH-2.0-OpenSSH_for_Windows_9.8 Win32-OpenSSH-GitHub\r\n", "openssh", "9.8", "windows-server", ""},
		"postfix_ubuntu":  {"220 mail.chu.test ESMTP Postfix (Ubuntu)\r\n", "postfix", "", "ubuntu", ""},
		"exim":            {"220 ubuntu.chu.test ESMTP Exim 4.96\r\n", "exim", "4.96", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			id, ok := readBanner([]byte(tt.greeting))
			if !ok || id.product != tt.product || id.version != tt.version || id.distribution != tt.distribution || id.release != tt.release {
				t.Errorf("read %t: %q %q of %q %q", ok, id.product, id.version, id.distribution, id.release)
			}
		})
	}
}

// TestMemoryOfWindows keeps the name under which OpenSSH for Windows was
// remembered before it was recognised: it is not a new service.
func TestMemoryOfWindows(t *testing.T) {
	windows := fact.Port{Protocol: "ssh", Product: "openssh", Distribution: "windows-server"}
	if got := what(&windows); got != "ssh" {
		t.Errorf("remembered as %q", got)
	}
}
