// SPDX-License-Identifier: Apache-2.0

package registration

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"carescan/scanner"
	"carescan/scanner/bounded"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what a service may send and cost.
const (
	maxBody     = 256 << 10
	maxHead     = 32 << 10
	maxFailures = 2 // in a row, before the service is left alone
	maxError    = 300
	mediaType   = "application/rdap+json" // RFC 7480 section 4.2
)

// service asks one RDAP service over one connection at a time.
type service struct {
	probe    *Probe
	agent    string
	client   *http.Client
	failures int
	closed   error // why nothing more is asked
}

func (p *Probe) newService(net scanner.Network) *service {
	transport := &http.Transport{
		DialContext:            net.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: p.roots, MinVersion: tls.VersionTLS12},
		MaxConnsPerHost:        1,
		MaxResponseHeaderBytes: maxHead,
		DisableCompression:     true,
	}
	s := &service{probe: p, agent: net.UserAgent()}
	s.client = &http.Client{Transport: transport, Timeout: p.timeout, CheckRedirect: s.follow}
	if p.base == nil {
		s.closed = scanner.NotSeen(scanner.CauseNoSource, nil, errors.New("no RDAP service declared"))
	}
	return s
}

func (s *service) close() { s.client.CloseIdleConnections() }

var errElsewhere = scanner.NotSeen(scanner.CauseElsewhere, nil, errors.New("the service sends to another place"))

// follow stays at the declared service.
func (s *service) follow(next *http.Request, before []*http.Request) error {
	if next.URL.Scheme != "https" || next.URL.Host != s.probe.base.Host || len(before) > maxRedirects {
		return errElsewhere
	}
	return nil
}

// ask asks about one domain, unless the service must be left alone.
func (s *service) ask(ctx context.Context, domain string) fact.RegistryAnswer {
	switch {
	case s.closed != nil:
		return without(fact.RegistryNotAsked, s.closed)
	case !s.covers(domain):
		return fact.RegistryAnswer{State: fact.RegistryNotAsked, Error: "the RDAP service is not that of this ending"}
	}
	record, err := s.fetch(ctx, domain)
	s.count(err)
	var refusal *scanner.Refusal
	switch {
	case err == nil:
		return fact.RegistryAnswer{State: fact.Registered, Expires: record.Expires, Status: record.Status}
	case errors.Is(err, errUnknownDomain):
		return fact.RegistryAnswer{State: fact.NotRegistered}
	case errors.As(err, &refusal):
		return without(fact.RegistryNotAsked, refusal)
	}
	return without(fact.RegistryNoAnswer, err)
}

// without is an answer that was not had, and why.
func without(state fact.RegistryState, err error) fact.RegistryAnswer {
	answer := fact.RegistryAnswer{State: state}
	answer.Cause, answer.Error = excerpt.Why(err, maxError)
	return answer
}

func (s *service) covers(domain string) bool {
	return len(s.probe.suffixes) == 0 || slices.ContainsFunc(s.probe.suffixes, func(suffix string) bool {
		return strings.HasSuffix(domain, "."+suffix)
	})
}

// count leaves alone a service that asks for it, or that fails again and again.
func (s *service) count(err error) {
	s.failures++
	switch {
	case err == nil || errors.Is(err, errUnknownDomain):
		s.failures = 0
	case errors.Is(err, errTooMany):
		s.closed = scanner.CauseOf(err).Over(errors.New("the RDAP service asked for fewer questions"))
	case s.failures >= maxFailures:
		s.closed = scanner.CauseOf(err).Over(fmt.Errorf("the RDAP service failed before: %w", err))
	}
}

// The answers that bring no domain.
var (
	errUnknownDomain = errors.New("the registry does not know the domain") // RFC 7480 section 5.3
	errOtherDomain   = badAnswer(errors.New("the service answered about another domain"))
	errTooLong       = scanner.NotSeen(scanner.CauseTooLarge, nil, fmt.Errorf("the answer is longer than %d bytes", maxBody))
	errTooMany       = scanner.BadStatus(http.StatusTooManyRequests, errors.New("the service asks for fewer questions")) // RFC 7480 section 5.5
)

func (s *service) fetch(ctx context.Context, domain string) (Record, error) {
	address := s.probe.base.JoinPath("domain", domain).String() // RFC 9082 section 3.1.3
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return Record{}, fmt.Errorf("write RDAP question: %w", err)
	}
	request.Header.Set("Accept", mediaType)
	request.Header.Set("User-Agent", s.agent)
	response, err := s.client.Do(request)
	if err != nil {
		return Record{}, fmt.Errorf("ask RDAP service: %w", err)
	}
	defer response.Body.Close()
	raw, whole, err := bounded.Read(response.Body, maxBody)
	switch {
	case response.StatusCode != http.StatusOK:
		return Record{}, statusError(response.StatusCode)
	case err != nil:
		return Record{}, fmt.Errorf("read RDAP answer: %w", err)
	case !whole:
		return Record{}, errTooLong
	}
	return recordOf(domain, raw)
}

func statusError(code int) error {
	switch code {
	case http.StatusNotFound:
		return errUnknownDomain
	case http.StatusTooManyRequests:
		return errTooMany
	}
	return scanner.BadStatus(code, fmt.Errorf("the service answered %d", code))
}

func recordOf(domain string, raw []byte) (Record, error) {
	record, err := ParseDomain(raw)
	if err == nil && record.Name != domain {
		return Record{}, errOtherDomain
	}
	return record, err
}
