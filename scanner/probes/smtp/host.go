// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"context"
	"errors"
	"strings"
	"syscall"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/starttls"
)

// loginPorts are where people fetch and hand over their mail.
var loginPorts = [...]int{110, 143, 587}

const maxLogins = 20

// host looks at one address: the port where mail comes in, its encryption, then
// the ports of people. At a provider's, what a sender of mail does not need is left
// alone.
func (l *look) host(ctx context.Context, d *door, name string) fact.MailHost {
	mail := d.announced(ctx, 25)
	h := fact.MailHost{Ports: []fact.MailPort{mail}}
	if mail.Reach == fact.Answered && mail.StartTLS == fact.Accepted {
		l.encryption(ctx, d, name, &h)
	}
	if d.asClient {
		h.Relay = fact.RelayNotAsked
	} else {
		for _, port := range loginPorts {
			h.Ports = append(h.Ports, d.announced(ctx, port))
		}
		if mail.Reach == fact.Answered {
			h.Relay, h.RelayError = l.relay(ctx, d)
		}
	}
	h.Address = d.address
	return h
}

// announced reads what a port says in clear.
func (d *door) announced(ctx context.Context, port int) fact.MailPort {
	p := fact.MailPort{Port: port}
	a, err := d.announcement(ctx, port)
	p.Banner = banner(a.Greeting)
	if err != nil {
		p.Reach = reach(err)
		p.Cause, p.Error = why(err)
		p.Filtered = isSilence(err)
		return p
	}
	p.Reach, p.StartTLS = fact.Answered, fact.Declined
	if announcesTLS(a.Capabilities) {
		p.StartTLS = fact.Accepted
	}
	p.Logins = logins(starttls.ForPort(port), a.Capabilities)
	return p
}

func (d *door) announcement(ctx context.Context, port int) (starttls.Announced, error) {
	ctx, cancel := scanner.WithPatience(ctx, d.timeout)
	defer cancel()
	conn, err := d.dial(ctx, port)
	if err != nil {
		return starttls.Announced{}, err
	}
	defer conn.Close()
	return starttls.Announce(ctx, conn, starttls.ForPort(port)) //nolint:wrapcheck // it says which protocol was spoken
}

// reach says what a failed announcement proves. A passing refusal, such as that
// of a server which makes strangers come back, proves nothing.
func reach(err error) fact.Reach {
	if _, other := errors.AsType[*starttls.OtherTalk](err); other {
		return fact.OtherTalk
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fact.Closed
	}
	return fact.Unreached
}

// announcesTLS looks for the word of SMTP and IMAP, and that of POP3.
func announcesTLS(capabilities []string) bool {
	for _, line := range capabilities {
		word, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if word == "STARTTLS" || word == "STLS" {
			return true
		}
	}
	return false
}

// logins are the ways to sign in among the capabilities of a protocol.
func logins(protocol starttls.Protocol, capabilities []string) []string {
	found := mechanisms(capabilities)
	if protocol == starttls.IMAP {
		found = imapLogins(capabilities)
	}
	return found[:min(len(found), maxLogins)]
}

// imapLogins obeys RFC 9051 section 6.2.3: the LOGIN command is there unless it
// is said to be disabled.
func imapLogins(capabilities []string) []string {
	var found []string
	disabled := false
	for _, word := range capabilities {
		disabled = disabled || word == "LOGINDISABLED"
		if mechanism, ok := strings.CutPrefix(word, "AUTH="); ok {
			found = append(found, clean(mechanism))
		}
	}
	if !disabled {
		found = append(found, "LOGIN")
	}
	return distinct(found)
}

// mechanisms reads the lines of SMTP (AUTH, in the older form "AUTH=" too, RFC
// 4954) and of POP3 (SASL and USER, RFC 5034).
func mechanisms(capabilities []string) []string {
	var found []string
	for _, line := range capabilities {
		words := strings.Fields(strings.ToUpper(strings.Replace(line, "=", " ", 1)))
		switch {
		case len(words) > 0 && (words[0] == "AUTH" || words[0] == "SASL"):
			found = append(found, clean(strings.Join(words[1:], " ")))
		case len(words) == 1 && words[0] == "USER":
			found = append(found, "USER")
		}
	}
	return distinct(strings.Fields(strings.Join(found, " ")))
}

func distinct(words []string) []string {
	var found []string
	seen := map[string]bool{}
	for _, w := range words {
		if !seen[w] {
			found = append(found, w)
		}
		seen[w] = true
	}
	return found
}

// banner keeps a greeting without the persons it may name: addresses are reduced
// to their domain.
func banner(greeting string) string {
	words := strings.Fields(clean(greeting))
	for i, w := range words {
		if at := strings.LastIndex(w, "@"); at >= 0 {
			words[i] = "…" + w[at:]
		}
	}
	return strings.Join(words, " ")
}
