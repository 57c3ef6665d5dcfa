// SPDX-License-Identifier: Apache-2.0

package release

import (
	"slices"
	"time"

	"carescan/scanner/fact"
)

// packaged are the products that operating systems ship, and correct without
// changing the version that is announced (exposure-checks.md section 7,
// EXP-VULN-03).
var packaged = []string{
	"apache-http-server", "cups", "dovecot", "dropbear", "exim", "jetty", "lighttpd", "mariadb", "memcached", "mysql", "nginx", "node", "openssh",
	"openssl", "php", "postfix", "postgresql", "proftpd", "pure-ftpd", "rabbitmq", "redis", "samba", "tomcat", "vsftpd",
}

// Packaged tells whether an announced version may hide the corrections of an
// operating system, which the announcement names or does not.
func Packaged(p fact.Product) bool {
	return p.Source == fact.FromBanner && (p.Distribution != "" || slices.Contains(packaged, p.Name))
}

// Maintained tells whether an operating system that the announcement names still
// corrects the product, and whether that is known.
func Maintained(p fact.Product, at time.Time) (maintained, known bool) {
	if p.Source != fact.FromBanner || !p.DistributionListed {
		return false, false
	}
	return p.DistributionEnd.IsZero() || !at.After(p.DistributionEnd), true
}

// System is the operating system that an announcement names, as people call it;
// empty when it names none.
func System(p fact.Product) string {
	name := systems[p.Distribution]
	if name == "" {
		name = p.Distribution
	}
	if p.Release == "" {
		return name
	}
	return name + " " + p.Release
}

// systems are the proper names of operating systems, by those of endoflife.date.
var systems = map[string]string{
	"debian": "Debian", "ubuntu": "Ubuntu", "raspbian": "Raspbian", "rhel": "Red Hat Enterprise Linux", "centos": "CentOS",
	"centos-stream": "CentOS Stream", "almalinux": "AlmaLinux", "rocky-linux": "Rocky Linux", "oracle-linux": "Oracle Linux",
	"fedora": "Fedora", "opensuse": "SUSE", "amazon-linux": "Amazon Linux", "windows-server": "Windows Server",
}
