// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"regexp"
	"strings"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/distribution"
)

// readBanner tells who spoke first, from what was received so far; false when
// nothing is recognised, or not yet.
func readBanner(said []byte) (identity, bool) {
	for _, read := range []func([]byte) (identity, bool){
		readTelnet, readPrompt, readMySQL, readLine,
	} {
		if id, ok := read(said); ok {
			return id, true
		}
	}
	return identity{}, false
}

// readLine reads the protocols that greet with a line.
func readLine(said []byte) (identity, bool) {
	line, whole := firstLine(said)
	if !whole {
		return identity{}, false
	}
	switch {
	case sshLine(said) != "":
		return sshIdentity(sshLine(said)), true
	case strings.HasPrefix(line, "RFB "):
		return identity{protocol: "vnc"}, len(line) == len("RFB 003.008")
	case strings.HasPrefix(line, "@RSYNCD:"):
		return identity{protocol: "rsync"}, true
	case strings.HasPrefix(line, "220"):
		return read220(said)
	case strings.HasPrefix(line, "+OK"):
		return named(identity{protocol: "pop3"}, line), true
	case strings.HasPrefix(line, "* OK"):
		return named(identity{protocol: "imap"}, line), true
	case strings.HasPrefix(line, "INFO {"):
		return readNATS(line), true
	}
	return identity{}, false
}

func firstLine(said []byte) (line string, whole bool) {
	text, _, whole := bytes.Cut(said[:min(len(said), 2<<10)], []byte("\n"))
	return strings.TrimRight(string(text), "\r"), whole
}

// read220 tells FTP from mail: both greet with 220 (RFC 959, RFC 5321), and they
// are not alone. The greeting may have several lines, the last without a dash.
// Without a name in it, only an answer can tell.
func read220(said []byte) (identity, bool) {
	text := string(said)
	if !lastReply(text) {
		return identity{}, false
	}
	switch upper := strings.ToUpper(text); {
	case strings.Contains(upper, "SMTP"):
		return named(identity{protocol: "smtp"}, text), true
	case strings.Contains(upper, "VMWARE AUTHENTICATION DAEMON"):
		return identity{protocol: "console", product: "esxi"}, true
	case strings.Contains(upper, "FTP"):
		return named(identity{protocol: "ftp", next: ftpFeatures}, text), true
	}
	return identity{next: ftpFeatures}, true
}

// lastReply tells whether the last line of a reply is there: three digits and a
// space (RFC 959 section 4.2).
func lastReply(text string) bool {
	lines := strings.Split(text, "\n")
	if len(lines) < 2 || lines[len(lines)-1] != "" {
		return false
	}
	last := strings.TrimRight(lines[len(lines)-2], "\r")
	return len(last) == 3 || len(last) > 3 && last[3] == ' '
}

// readTelnet recognises the option negotiation (RFC 854): IAC, WILL to DONT.
func readTelnet(said []byte) (identity, bool) {
	ok := len(said) >= 3 && said[0] == 0xff && said[1] >= 0xfb && said[1] <= 0xfe
	return identity{protocol: "telnet", login: fact.LoginUnknown}, ok
}

// prompt is how a terminal asks who is there.
var prompt = regexp.MustCompile(`(?i)(?:login|username|user name|password) ?: ?\z`)

// readPrompt recognises a terminal that asks for a login without negotiating
// options first. Nothing is answered to it.
func readPrompt(said []byte) (identity, bool) {
	return identity{protocol: "telnet"}, prompt.Match(said[max(0, len(said)-64):])
}

// readNATS reads the greeting of a NATS broker.
func readNATS(line string) identity {
	id := identity{protocol: "nats", product: "nats", login: fact.LoginNone}
	if strings.Contains(line, `"auth_required":true`) || strings.Contains(line, `"tls_required":true`) {
		id.login = fact.LoginRequired
	}
	return id
}

// named finds a product and its version in a greeting.
func named(id identity, text string) identity {
	for _, p := range products {
		if found := p.pattern.FindStringSubmatch(text); found != nil {
			id.product = p.name
			if len(found) > 1 {
				id.version = found[1]
			}
			id.distribution, id.release = distribution.Of(text)
			return id
		}
	}
	return id
}

// productPattern recognises a product in a greeting or a Server header.
type productPattern struct {
	name    string // as public lists call it
	pattern *regexp.Regexp
}

// products are those whose greeting is known. The regular expressions of Go run
// in time proportional to the text.
var products = []productPattern{
	{"openssh", regexp.MustCompile(`OpenSSH(?:_for_Windows)?[_ ]([0-9][0-9.]*(?:p[0-9]+)?)`)},
	{"dropbear", regexp.MustCompile(`dropbear(?:_([0-9][0-9.]*))?`)},
	{"vsftpd", regexp.MustCompile(`vsFTPd ([0-9][0-9.]*)`)},
	{"proftpd", regexp.MustCompile(`ProFTPD(?: ([0-9][0-9a-z.]*))?`)},
	{"pure-ftpd", regexp.MustCompile(`Pure-FTPd`)},
	{"filezilla-server", regexp.MustCompile(`FileZilla Server(?: (?:version )?([0-9][0-9.]*))?`)},
	{"exim", regexp.MustCompile(`Exim ([0-9][0-9.]*)`)},
	{"postfix", regexp.MustCompile(`Postfix`)},
	{"exchange", regexp.MustCompile(`Microsoft ESMTP MAIL Service`)},
	{"dovecot", regexp.MustCompile(`Dovecot`)},
	{"nginx", regexp.MustCompile(`nginx/([0-9][0-9.]*)`)},
	{"apache-http-server", regexp.MustCompile(`Apache/([0-9][0-9.]*)`)},
	{"iis", regexp.MustCompile(`Microsoft-IIS/([0-9][0-9.]*)`)},
	{"tomcat", regexp.MustCompile(`Apache Tomcat/([0-9][0-9.]*)`)},
	{"lighttpd", regexp.MustCompile(`lighttpd/([0-9][0-9.]*)`)},
	{"jetty", regexp.MustCompile(`Jetty\(([0-9][0-9.]*)`)},
	{"cups", regexp.MustCompile(`CUPS/([0-9][0-9.]*)`)},
}
