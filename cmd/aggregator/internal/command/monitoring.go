// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"carescan/cmd/aggregator/internal/monitoring"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// monitoring makes the interface of whoever watches the others, and has their answers
// counted; nil when the settings ask for none.
func (a *app) monitoring(ctx context.Context, r *region, agents, pages *service) (*service, error) {
	at := r.settings.Monitoring.Listen
	if at == "" {
		return nil, nil
	}
	token, err := monitoringToken(r.settings.Monitoring.TokenFile)
	if err != nil {
		return nil, err
	}
	watch, err := listen(ctx, at, "http://"+at, func(l net.Listener) net.Listener { return l })
	if err != nil {
		return nil, err
	}
	m := monitoring.New(cli.Software(program), token, r.store.Ready, r.census, a.log)
	agents.server.Handler = m.Watch("agents", agents.server.Handler)
	pages.server.Handler = m.Watch("pages", pages.server.Handler)
	watch.server, watch.plain = m.HTTP(), true
	return watch, nil
}

// leastToken is how short a token may be, in bytes: nobody guesses that many.
const leastToken = 16

func monitoringToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	badToken := func(cause error) error {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "le jeton de la supervision, fichier " + path + ", n'est pas utilisable", EN: "the token of monitoring, file " + path + ", cannot be used"},
			Hint: scanner.Text{
				FR: "écrivez-y au moins 16 caractères, lisibles de ce seul compte (chmod 600)",
				EN: "write at least 16 characters in it, readable by this account only (chmod 600)",
			},
			Cause: cause,
		}
	}
	if err := cli.CheckRights(path, fs.ModePerm&^0o600); err != nil {
		return "", err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", badToken(err)
	}
	token := string(bytes.TrimSpace(raw))
	if len(token) < leastToken {
		return "", badToken(fmt.Errorf("%d bytes, fewer than %d", len(token), leastToken))
	}
	return token, nil
}

// census counts the region, without a name.
func (r *region) census(ctx context.Context) ([]monitoring.Count, error) {
	standings, err := r.store.Standings(ctx, store.Region())
	if err != nil {
		return nil, err
	}
	now := time.Now()
	fresh := map[store.Freshness]float64{store.FreshEnough: 0}
	for _, kind := range store.Stale() {
		fresh[kind] = 0
	}
	failures := map[scanner.Severity]float64{}
	for _, severity := range scanner.Severities() {
		failures[severity] = 0
	}
	for _, s := range standings {
		fresh[s.Freshness(now, r.settings.SilentAfter)]++
		for severity, n := range s.Severities {
			failures[severity] += float64(n)
		}
	}
	var list []monitoring.Count
	for kind, n := range fresh {
		list = append(list, monitoring.Count{Of: monitoring.Establishments, Which: string(kind), N: n})
	}
	for severity, n := range failures {
		list = append(list, monitoring.Count{Of: monitoring.OpenFindings, Which: string(severity), N: n})
	}
	return list, nil
}
