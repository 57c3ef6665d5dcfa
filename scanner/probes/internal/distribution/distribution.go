// SPDX-License-Identifier: Apache-2.0

// Package distribution recognises, in what a server announces of itself, the
// operating system that packaged it, and its release where that can be told.
package distribution

import (
	"regexp"
	"strings"
)

// Of names the distribution that an announcement names, as endoflife.date calls
// it, and its release. Both are empty when none is named, the release alone when
// it may be one of several.
//
// Only the places that packages write count: a note in brackets, the comment of
// an SSH greeting, the revision of a package. A host may be called "ubuntu".
func Of(announced string) (name, release string) {
	for _, r := range revisions {
		if found := r.pattern.FindStringSubmatch(announced); found != nil {
			return r.distribution, found[1]
		}
	}
	if strings.Contains(strings.ToLower(announced), "openssh_for_windows_") {
		// Its greeting has no other note: "SSH-2.0-OpenSSH_for_Windows_8.1".
		return "windows-server", releaseOf("windows-server", announced)
	}
	found := noted.FindStringSubmatch(announced)
	if found == nil {
		return "", ""
	}
	name = called[strings.ToLower(found[1]+found[2]+found[3])]
	return name, releaseOf(name, announced)
}

// revisions are marks that packages carry, and that name the release.
var revisions = []struct {
	distribution string
	pattern      *regexp.Regexp
}{
	// Debian, updates of a stable release: "2+deb12u3".
	{"debian", regexp.MustCompile(`(?i)\+deb(\d{1,2})u\d`)},
	// Ubuntu, one update for several releases: "0ubuntu0.22.04.1".
	{"ubuntu", regexp.MustCompile(`(?i)ubuntu0\.(\d\d\.\d\d)\b`)},
	// Red Hat and those who build its sources again: "9.el8_10".
	{"rhel", regexp.MustCompile(`(?i)\.el(\d{1,2})(?:[_.]|\b)`)},
}

// noted finds a distribution in brackets ("Apache/2.4.57 (Debian)"), in the
// comment of an SSH greeting (RFC 4253 section 4.2), or in the revision of a
// package ("0ubuntu3").
var noted = regexp.MustCompile(`(?i)\((debian|ubuntu|raspbian|red hat(?: enterprise linux)?|centos(?: linux| stream)?|almalinux|` +
	`rocky(?: linux)?|oracle linux|fedora(?: linux)?|suse|amazon(?: linux)?)(?:/gnu|/linux)?\)` +
	`|^ssh-[\d.]+-\S+ (debian|ubuntu|raspbian)-\d|\d(ubuntu)\d`)

// called ties the words of announcements to the names of endoflife.date.
var called = map[string]string{
	"debian": "debian", "ubuntu": "ubuntu", "raspbian": "raspbian",
	"red hat": "rhel", "red hat enterprise linux": "rhel", "centos": "centos", "centos linux": "centos", "centos stream": "centos-stream",
	"almalinux": "almalinux", "rocky": "rocky-linux", "rocky linux": "rocky-linux", "oracle linux": "oracle-linux",
	"fedora": "fedora", "fedora linux": "fedora", "suse": "opensuse", "amazon": "amazon-linux", "amazon linux": "amazon-linux",
}

// releaseOf is the release that ships a version which is announced, and no other
// release does.
func releaseOf(distribution, announced string) string {
	for _, a := range announcements {
		if found := a.version.FindStringSubmatch(announced); found != nil {
			return shipped[distribution][a.product][strings.ToLower(found[1])]
		}
	}
	return ""
}

// announcements are how products whose versions tell a release announce them.
var announcements = []struct {
	product string
	version *regexp.Regexp
}{
	{"nginx", regexp.MustCompile(`(?i)\bnginx/(\d[\d.]*)`)},
	{"apache", regexp.MustCompile(`(?i)\bapache/(\d[\d.]*)`)},
	{"openssh", regexp.MustCompile(`(?i)\bopenssh_(?:for_windows_)?(\d[\d.]*(?:p\d+)?)`)},
}

// shipped are the versions that one release alone of a distribution ships, by
// product. A version that two releases ship, as nginx 1.18.0 in Ubuntu 20.04 and
// 22.04, is not here. Written from what these releases shipped, November 2026.
var shipped = map[string]map[string]map[string]string{
	"debian": {
		"nginx":   {"1.26.3": "13", "1.22.1": "12", "1.18.0": "11", "1.14.2": "10", "1.10.3": "9", "1.6.2": "8"},
		"openssh": {"10.0p1": "13", "10.0p2": "13", "9.2p1": "12", "8.4p1": "11", "7.9p1": "10", "7.4p1": "9", "6.7p1": "8"},
		"apache":  {"2.4.57": "12", "2.4.56": "11", "2.4.54": "11", "2.4.38": "10", "2.4.25": "9", "2.4.10": "8"},
	},
	"ubuntu": {
		"nginx":   {"1.24.0": "24.04", "1.14.0": "18.04", "1.10.3": "16.04", "1.4.6": "14.04"},
		"openssh": {"9.6p1": "24.04", "8.9p1": "22.04", "8.2p1": "20.04", "7.6p1": "18.04", "7.2p2": "16.04", "6.6.1p1": "14.04"},
		"apache":  {"2.4.58": "24.04", "2.4.52": "22.04", "2.4.41": "20.04", "2.4.29": "18.04", "2.4.18": "16.04", "2.4.7": "14.04"},
	},
	// Later versions are also installed apart from the system (PowerShell/Win32-OpenSSH).
	"windows-server": {"openssh": {"7.7": "2019", "8.1": "2022"}},
	"rhel":           enterprise, "centos": enterprise, "almalinux": enterprise, "rocky-linux": enterprise,
}

// enterprise are the versions of Red Hat Enterprise Linux, which those who build
// its sources again ship alike.
var enterprise = map[string]map[string]string{
	"apache": {"2.4.63": "10", "2.4.62": "9", "2.4.57": "9", "2.4.53": "9", "2.4.51": "9", "2.4.37": "8", "2.4.6": "7", "2.2.15": "6"},
}
