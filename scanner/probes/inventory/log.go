// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/bounded"
	"carescan/scanner/fact"
	"carescan/scanner/hostname"
	"carescan/scanner/probes/internal/excerpt"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

// The bounds of a log.
const (
	maxLog      = 8 << 20 // bytes
	maxLogNames = 5000
	logTimeout  = 60 * time.Second
)

// log adds the names of the declared log of certificates.
func (p *Probe) log(ctx context.Context, g *gathering) {
	if p.options.Log == "" {
		return
	}
	raw, err := p.readLog(ctx, g.net, g.domain)
	var names []string
	if err == nil {
		names, err = ParseLog(raw)
	}
	if err != nil {
		g.logCause, _ = excerpt.Why(err, 0)
		g.problem(fmt.Errorf("certificate log: %w", err))
		return
	}
	g.log = scanner.Digest(raw)
	for _, name := range names {
		if name == g.domain || strings.HasSuffix(name, "."+g.domain) {
			g.add(name, fact.FoundLog)
		}
	}
}

// ParseLog reads names seen in certificates, in one of two forms: a JSON list of
// objects whose name_value holds names one per line, as public search services
// give, or plain text, one name per line, "#" beginning a comment.
func ParseLog(raw []byte) ([]string, error) {
	raw = settings.Saved(raw)
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		return logLines(string(raw)), nil
	}
	var entries []struct {
		NameValue string `json:"name_value"`
	}
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, scanner.NotSeen(scanner.CauseBadAnswer, nil, fmt.Errorf("read the list: %w", err))
	}
	var names []string
	for _, entry := range entries {
		names = append(names, logLines(entry.NameValue)...)
		if len(names) > maxLogNames {
			return names[:maxLogNames], nil
		}
	}
	return names, nil
}

func logLines(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, "#")
		name = hostname.Canonical(strings.TrimPrefix(strings.TrimSpace(name), "*."))
		if isHostName(name) && len(names) < maxLogNames {
			names = append(names, name)
		}
	}
	return names
}

func (p *Probe) logIsRemote() bool { return strings.Contains(p.options.Log, "://") }

// parseLog reads a log that is a file.
func (p *Probe) parseLog(ctx context.Context) error {
	raw, err := p.readLog(ctx, nil, "")
	if err != nil {
		return err
	}
	if _, err := ParseLog(raw); err != nil {
		return settings.InFile(0, "ce n'est pas un journal de certificats", "this is not a log of certificates").With(err)
	}
	return nil
}

func (p *Probe) readLog(ctx context.Context, net scanner.Network, domain string) ([]byte, error) {
	if p.logIsRemote() {
		return p.fetchLog(ctx, net, domain)
	}
	raw, _, err := localfile.Read(p.options.Log, maxLog)
	return raw, err
}

// wholeLog reads a log to its end: half of one would hide names.
func wholeLog(from io.Reader) ([]byte, error) {
	raw, whole, err := bounded.Read(from, maxLog)
	if err == nil && !whole {
		err = scanner.NotSeen(scanner.CauseTooLarge, scanner.Values{scanner.ValueLimit: fmt.Sprintf("%d MiB", maxLog>>20)}, fmt.Errorf("longer than %d bytes", maxLog))
	}
	return raw, err
}

// domainPlace is replaced by the domain in the address of a log.
const domainPlace = "{domain}"

func (p *Probe) fetchLog(ctx context.Context, net scanner.Network, domain string) ([]byte, error) {
	ctx, cancel := scanner.WithPatience(ctx, logTimeout)
	defer cancel()
	address := strings.ReplaceAll(p.options.Log, domainPlace, domain)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", net.UserAgent())
	transport := &http.Transport{
		DialContext: net.DialContext, DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: p.options.Roots},
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return scanner.NotSeen(scanner.CauseElsewhere, nil, errors.New("the log sends elsewhere"))
	}}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, scanner.BadStatus(response.StatusCode, fmt.Errorf("the log answered %s", response.Status))
	}
	return wholeLog(response.Body)
}
