// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// The servers that receive the mail of the two domains.
const (
	hostMail     = "mx1." + domainMain
	hostOldMail  = "courriel." + domainHealth
	hostMailRule = "mta-sts." + domainMain
)

// openMail serves a careful server, one that takes passwords in clear and does not
// encrypt, and the policy that says how the first must be reached.
func (h *Hospital) openMail() error {
	certificate, err := h.certify(hostMail, h.healthy())
	if err != nil {
		return err
	}
	if err := h.openMailServer(modernTLS(certificate)); err != nil {
		return err
	}
	port, err := h.respond(clearMail(hostOldMail, "SIZE 20480000", "AUTH LOGIN PLAIN"))
	if err != nil {
		return err
	}
	h.redirect(port, hostOldMail+":25")
	for _, host := range []string{hostMail, hostOldMail} {
		// Mailboxes are read from inside only, and neither server has a web page.
		h.redirect(h.nowhere(), host+":110", host+":143", host+":587", host+":443")
	}
	return h.openMailPolicy()
}

// openMailServer takes connections, and no message.
func (h *Hospital) openMailServer(secure *tls.Config) error {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return deafSession{}, nil }))
	server.Domain, server.TLSConfig = hostMail, secure
	server.ReadTimeout, server.WriteTimeout = time.Minute, time.Minute
	server.MaxLineLength, server.MaxMessageBytes, server.MaxRecipients = 2000, 1<<20, 5
	server.ErrorLog = log.New(io.Discard, "", 0) // scanners hang up by trade
	listener, err := net.Listen("tcp4", net.JoinHostPort(h.address, "0"))
	if err != nil {
		return fmt.Errorf("listen for SMTP: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	h.onClose(func() error { return stopMail(server, ended) })
	h.redirect(listener.Addr().String(), hostMail+":25")
	return nil
}

func stopMail(server *smtp.Server, ended <-chan error) error {
	err := server.Close()
	if served := <-ended; !errors.Is(served, smtp.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return fmt.Errorf("stop SMTP: %w", err)
	}
	return nil
}

var errNotHere = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Relais refuse"}

// deafSession accepts nobody's mail.
type deafSession struct{}

func (deafSession) Reset()                               {}
func (deafSession) Logout() error                        { return nil }
func (deafSession) Mail(string, *smtp.MailOptions) error { return nil }
func (deafSession) Rcpt(string, *smtp.RcptOptions) error { return errNotHere }
func (deafSession) Data(io.Reader) error                 { return errNotHere }

// clearMail greets, says what it can do, which is never to encrypt, and knows nothing
// else.
func clearMail(host string, abilities ...string) responder {
	last := len(abilities) - 1
	said := append([]string{host}, abilities[:last]...)
	introduction := "250-" + strings.Join(said, "\r\n250-") + "\r\n250 " + abilities[last] + "\r\n"
	return func(line []byte) []byte {
		switch verb := strings.ToUpper(string(line[:min(len(line), 4)])); verb {
		case "":
			return []byte("220 " + host + " ESMTP\r\n")
		case "EHLO":
			return []byte(introduction)
		case "QUIT":
			return nil
		}
		return []byte("502 5.5.1 Commande inconnue\r\n")
	}
}

// openMailPolicy publishes the policy of MTA-STS (RFC 8461 section 3.2).
func (h *Hospital) openMailPolicy() error {
	certificate, err := h.certify(hostMailRule, h.healthy())
	if err != nil {
		return err
	}
	policy := strings.Join([]string{"version: STSv1", "mode: enforce", "mx: " + hostMail, "max_age: 2419200", ""}, "\r\n")
	mux := http.NewServeMux()
	mux.Handle("/.well-known/mta-sts.txt", serve(http.StatusOK, "text/plain; charset=utf-8", []byte(policy)))
	port, err := h.serveHTTP(mux, modernTLS(certificate))
	if err != nil {
		return err
	}
	h.redirect(port, hostMailRule+":443")
	return nil
}

// modernTLS is what ANSSI recommends: recent versions, suites that authenticate
// what they encrypt (SDE-NT-35 R3, R7).
func modernTLS(certificate tls.Certificate) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: modernSuites(), Certificates: []tls.Certificate{certificate}}
}

func modernSuites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}
