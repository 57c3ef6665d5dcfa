// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/mjl-/mox/mtasts"

	"carescan/scanner"
	"carescan/scanner/bounded"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/answerhead"
	"carescan/scanner/probes/internal/excerpt"
	"carescan/scanner/question"
)

// The bounds of the retrieval of a policy.
const (
	policyTime  = 15 * time.Second
	maxHead     = 32 << 10
	maxPolicy   = 64 << 10 // RFC 8461 section 3.3
	maxPatterns = 50
)

// stsPolicy retrieves the policy a record announces (RFC 8461 section 3.3).
func (p *Probe) stsPolicy(ctx context.Context, network scanner.Network, domain string, mx fact.MailExchangers) *fact.MTASTSPolicy {
	host := "mta-sts." + domain
	err := network.Pace(ctx, host)
	ctx, cancel := scanner.WithPatience(ctx, policyTime)
	defer cancel()
	var conn net.Conn
	if err == nil {
		conn, err = p.dialPolicy(ctx, network, host)
	}
	if err != nil {
		cause, text := excerpt.Why(err, maxError)
		return &fact.MTASTSPolicy{Fetch: fetchFailure(ctx, network, host, err), Cause: cause, Error: text}
	}
	defer conn.Close()
	defer question.Interrupt(ctx, conn)()
	found, err := exchangePolicy(conn, host, network.UserAgent(), mx)
	if err != nil {
		found.Cause, found.Error = excerpt.Why(err, maxError)
	}
	return found
}

// dialPolicy connects as a sending server does: a certificate that is not valid
// for the host ends it.
func (p *Probe) dialPolicy(ctx context.Context, network scanner.Network, host string) (net.Conn, error) {
	conn, err := network.DialContext(ctx, "tcp", net.JoinHostPort(host, "443"))
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: p.options.Roots, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// fetchFailure says why no HTTPS connection was made. Only what the server or the
// DNS really said is more than unknown.
func fetchFailure(ctx context.Context, network scanner.Network, host string, err error) fact.PolicyFetch {
	var refusal *scanner.Refusal
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	addresses, unknown := network.Lookup(ctx, host)
	switch {
	case unknown == nil && len(addresses) == 0: // which no scope changes
		return fact.PolicyNoAddress
	case errors.As(err, &refusal):
		return fact.PolicyNotAsked
	case errors.Is(err, syscall.ECONNREFUSED):
		return fact.PolicyClosed
	case errors.As(err, &certificate):
		return fact.PolicyCertificate
	case errors.As(err, &record):
		return fact.PolicyNotHTTPS
	}
	return fact.PolicyUnknown
}

// exchangePolicy asks for the policy and reads what comes, within bounds.
func exchangePolicy(conn io.ReadWriter, host, agent string, mx fact.MailExchangers) (*fact.MTASTSPolicy, error) {
	found := &fact.MTASTSPolicy{Fetch: fact.PolicyUnknown}
	request := &http.Request{
		Method: http.MethodGet, Host: host, Close: true,
		URL:    &url.URL{Scheme: "https", Host: host, Path: "/.well-known/mta-sts.txt"},
		Header: http.Header{"User-Agent": {agent}, "Accept": {"text/plain"}},
	}
	if err := request.Write(conn); err != nil {
		return found, err
	}
	limited := &io.LimitedReader{R: conn, N: maxHead}
	response, _, err := answerhead.Read(bufio.NewReader(limited), request)
	if err != nil {
		return found, err
	}
	limited.N = 2 * maxPolicy // the body and its framing
	return found, readPolicy(found, response, mx)
}

// readPolicy reads an answer. Only status 200 brings a policy, and a redirection
// must not be followed (section 3.3).
func readPolicy(found *fact.MTASTSPolicy, response *http.Response, mx fact.MailExchangers) error {
	defer response.Body.Close()
	found.Status = response.StatusCode
	found.MediaType = mediaType(response.Header.Get("Content-Type"))
	switch {
	case response.StatusCode >= 300 && response.StatusCode < 400:
		found.Fetch = fact.PolicyRedirect
		return nil
	case response.StatusCode != http.StatusOK:
		found.Fetch = fact.PolicyStatus
		return nil
	}
	body, whole, err := bounded.Read(response.Body, maxPolicy)
	switch {
	case err != nil:
		return err
	case !whole:
		found.Fetch = fact.PolicyTooLong
		return nil
	}
	return parsePolicy(found, string(body), mx)
}

func mediaType(header string) string {
	kind, _, err := mime.ParseMediaType(header)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return ""
	}
	return printable(kind)
}

// parsePolicy reads a policy and compares it with the MX records.
func parsePolicy(found *fact.MTASTSPolicy, text string, mx fact.MailExchangers) error {
	policy, err := mtasts.ParsePolicy(text)
	if err != nil {
		found.Fetch = fact.PolicyMalformed
		return errors.New(printable(err.Error()))
	}
	found.Fetch, found.Mode = fact.PolicyRead, string(policy.Mode)
	found.MaxAge = time.Duration(policy.MaxAgeSeconds) * time.Second
	for _, m := range policy.MX {
		pattern := m.Domain.ASCII
		if m.Wildcard {
			pattern = "*." + pattern
		}
		found.MX = append(found.MX, pattern)
	}
	for _, target := range mx.Targets {
		if target.Host != "" && !covers(found.MX, target.Host) {
			found.Uncovered = append(found.Uncovered, target.Host)
		}
	}
	found.MX = found.MX[:min(len(found.MX), maxPatterns)]
	return nil
}

// covers tells whether a pattern matches a host; a star is one whole label
// (section 4.1).
func covers(patterns []string, host string) bool {
	_, parent, _ := strings.Cut(host, ".")
	for _, pattern := range patterns {
		if pattern == host || parent != "" && pattern == "*."+parent {
			return true
		}
	}
	return false
}
